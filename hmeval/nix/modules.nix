# All modules of an evaluation, in the order in which the module system merges them: what nixpkgs' lib/modules.nix
# (collectModules) finds, with what it does not hand out: each module's definitions, and who imported it.
#
# Every module is called again, with the arguments of the evaluation itself. Files are not read again: Nix keeps them.
{
  # What module functions are called with: lib, config, options, specialArgs, and each of these.
  arguments,
  # The modules that the evaluation was called with.
  modules,
  # The file of those that have none of their own.
  file ? "<unknown-file>",
  # The keys of modules that others disable, of those that are read elsewhere.
  disabledElsewhere ? [ ],
}:
let
  inherit (builtins)
    concatMap
    elem
    filter
    genericClosure
    intersectAttrs
    isAttrs
    isString
    mapAttrs
    removeAttrs
    substring
    ;
  inherit (arguments) lib;

  ownKey = "hmeval/probe";

  notConfiguration = [
    "_class"
    "_file"
    "key"
    "disabledModules"
    "require"
    "imports"
    "freeformType"
  ];

  call =
    function:
    let
      named = mapAttrs (name: _: arguments.${name} or arguments.config._module.args.${name}) (
        lib.functionArgs function
      );
    in
    function (arguments // named);

  called = module: if lib.isFunction module then call module else module;

  describe =
    importedBy: file: key: module:
    let
      hasForm = module ? config || module ? options;
    in
    {
      file = toString module._file or file;
      key = toString module.key or key;
      inherit importedBy;
      options = if hasForm then module.options or { } else { };
      # What is taken from a set with intersectAttrs keeps its place in the file.
      definitions =
        if hasForm then
          [ module.config or { } ] ++ (if module ? meta then [ (intersectAttrs { meta = null; } module) ] else [ ])
        else
          [ (removeAttrs module notConfiguration) ];
      imports = (if hasForm then [ ] else module.require or [ ]) ++ module.imports or [ ];
      disables = module.disabledModules or [ ];
    };

  read =
    importedBy: file: key: module:
    if lib.isFunction module then
      describe importedBy file key (call module)
    else if !isAttrs module then
      describe importedBy (toString module) (toString module) (called (import module))
    else if
      elem (module._type or null) [
        "if"
        "override"
      ]
    then
      describe importedBy file key { config = module; }
    else
      describe importedBy file key module;

  # `path`: the number of each module on the way here, among those that are imported beside it.
  tree =
    importedBy: file: parent: list:
    lib.imap1 (
      number: module:
      let
        node = read importedBy file "${parent.key}:anon-${toString number}" module // {
          path = parent.path ++ [ number ];
        };
      in
      node // { children = tree node.file node.file node node.imports; }
    ) list;

  disabledKey =
    item:
    if !isString item then
      item.key or (toString item)
    else if substring 0 1 item == "/" then
      item
    else
      "${toString arguments.modulesPath or ""}/${item}";
  disabledIn = concatMap (node: map disabledKey node.disables ++ disabledIn node.children);

  root = {
    key = "";
    path = [ ];
  };
  all = tree null file root modules;
  disabled = disabledIn all ++ disabledElsewhere;
  enabled = filter (node: node.key != ownKey && !(elem node.key disabled));
in
lib.reverseList (genericClosure {
  startSet = enabled all;
  operator = node: enabled node.children;
})
