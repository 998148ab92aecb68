# Modules come as sets, functions, paths and strings; here they become one canonical form, and
# their imports are followed.
{
  lib,
  options,
  ...
}:

let
  inherit (builtins)
    addErrorContext
    attrNames
    concatMap
    elem
    filter
    genericClosure
    head
    isAttrs
    isList
    isString
    mapAttrs
    removeAttrs
    substring
    typeOf
    ;
  inherit (lib) functionArgs imap1 isFunction;
  inherit (lib.modules) mkMerge;
  inherit (options) showOption unknownModule;

  # The module that evalModules adds by itself: in no user's list of imports.
  internalKey = "lib/modules.nix";

  metaAttributes = [
    "_class"
    "_file"
    "key"
    "disabledModules"
    "imports"
    "freeformType"
  ];

  withExtra =
    condition: extra: config:
    if condition then
      mkMerge [
        config
        extra
      ]
    else
      config;

  # `options` or `config` at the top: every other attribute must be one that modules know.
  fullForm =
    key: m:
    let
      unknown = removeAttrs m (
        metaAttributes
        ++ [
          "options"
          "config"
          "meta"
        ]
      );
    in
    if unknown != { } then
      throw "Module `${key}' has an unsupported attribute `${head (attrNames unknown)}'. A module with `config' or `options' at its top takes definitions in `config' alone: move these there: ${toString (attrNames unknown)}."
    else
      {
        imports = m.imports or [ ];
        options = m.options or { };
        config = withExtra (m ? meta) { inherit (m) meta; } (m.config or { });
      };

  # Neither of them: the whole set is the configuration.
  shortForm = m: {
    imports = m.require or [ ] ++ m.imports or [ ];
    options = { };
    config = removeAttrs m (metaAttributes ++ [ "require" ]);
  };

  unifyModuleSyntax =
    file: key: m:
    let
      form = if m ? config || m ? options then fullForm key m else shortForm m;
    in
    if !isAttrs m then
      throw "module ${file} (${key}) does not look like a module."
    else
      {
        _file = toString m._file or file;
        _class = m._class or null;
        key = toString m.key or key;
        disabledModules = m.disabledModules or [ ];
        inherit (form) imports options;
        config = withExtra (m ? freeformType) { _module.freeformType = m.freeformType; } form.config;
      };

  # The set given to a module function has the names that it asks for, and their values stay
  # unevaluated: they may come from `_module.args`, which is part of the configuration.
  applyModuleArgs =
    key: f: args:
    let
      named = mapAttrs (
        name: _:
        addErrorContext "while evaluating the module argument `${name}' in \"${key}\":" (
          args.${name} or (addErrorContext
            "looking in `_module.args`, a part of `config`, for `${name}`, which is no special argument"
            args.config._module.args.${name}
          )
        )
      ) (functionArgs f);
    in
    f (args // named);

  notAModule =
    args: file: m:
    let
      at = lib.optionalString (args._prefix != [ ]) " at `${showOption args._prefix}'";
      by = lib.optionalString (file != unknownModule) ", imported by `${file}'";
    in
    throw "Expected a module, but found a value of type ${lib.strings.escapeNixString m._type}${at}${by}.";

  loadModule =
    args: file: key: m:
    if isFunction m then
      unifyModuleSyntax file key (applyModuleArgs key m args)
    else if isAttrs m then
      let
        tag = m._type or "module";
      in
      if tag == "module" then
        unifyModuleSyntax file key m
      else if tag == "if" || tag == "override" then
        unifyModuleSyntax file key { config = m; }
      else
        notAModule args file m
    else if isList m then
      throw "Module imports can't be nested lists: remove one level of lists in `${file}'."
    else
      loadFile args (toString m) (import m);

  loadFile =
    args: file: m:
    unifyModuleSyntax file file (if isFunction m then applyModuleArgs file m args else m);

  checkClass =
    expected: m:
    if expected == null || m._class == null || m._class == expected then
      m
    else
      throw "The module `${m._file}' (class: ${lib.strings.escapeNixString m._class}) cannot be imported into a module evaluation that expects class ${lib.strings.escapeNixString expected}.";

  # Every module with its imports below it, whether disabled or not.
  importTree =
    class: args: file: parentKey: modules:
    imap1 (
      n: m:
      let
        module = checkClass class (loadModule args file "${parentKey}:anon-${toString n}" m);
      in
      {
        inherit (module) key;
        inherit module;
        imports = importTree class args module._file module.key module.imports;
      }
    ) modules;

  disabledIn =
    concatMap (
      node:
      map (item: {
        file = node.module._file;
        inherit item;
      }) node.module.disabledModules
      ++ disabledIn node.imports
    );

  # The key by which an item of `disabledModules` names a module.
  disabledKey =
    modulesPath:
    { file, item }:
    if isString item then
      if substring 0 1 item == "/" then item else "${toString modulesPath}/${item}"
    else if lib.strings.isConvertibleWithToString item then
      if item ? key && item.key != toString item then
        throw "Module `${file}` disables a module that has both a path (${toString item}) and another `key` (${item.key})."
      else
        toString item
    else if item ? key then
      item.key
    else if isAttrs item then
      throw "Module `${file}` contains a disabledModules item that is an attribute set without a `key` attribute, so it names no module."
    else
      throw "Module `${file}` disables a ${typeOf item}, which names no module: a path, a string or a set with a `key` does.";
in
{
  inherit internalKey;

  # All modules in breadth-first order, each key once, without the disabled ones and what only
  # they import; and the same as a graph, for whoever wants to know where a module came from.
  collectModules =
    class: modulesPath: modules: args:
    let
      tree = importTree class args unknownModule "" modules;
      disabledKeys = map (disabledKey modulesPath) (disabledIn tree);
      isDisabled = node: elem node.key disabledKeys;
      enabled = filter (node: !isDisabled node);
      toGraph = node: {
        disabled = isDisabled node;
        inherit (node) key;
        file = node.module._file;
        imports = map toGraph node.imports;
      };
    in
    {
      modules = map (node: node.module) (genericClosure {
        startSet = enabled tree;
        operator = node: enabled node.imports;
      });
      graph = map toGraph (filter (node: node.key != internalKey) tree);
    };

  setDefaultModuleLocation = file: m: {
    _file = file;
    imports = [ m ];
  };

  importApply = path: staticArg: {
    _file = path;
    imports = [ (import path staticArg) ];
  };
}
