# Where a path of a configuration leads: to an option, and below it, into what its type holds.
{ lib, options }:
let
  inherit (builtins)
    elem
    elemAt
    filter
    head
    isAttrs
    isList
    map
    tail
    ;
  instances = import ./instances.nix { inherit lib options; };

  # The option at or above a path, and how many names of the path lead to it.
  optionAt =
    tree: depth: path:
    if lib.isOption tree then
      {
        option = tree;
        inherit depth;
      }
    else if path == [ ] || !(isAttrs tree && tree ? ${head path}) then
      null
    else
      optionAt tree.${head path} (depth + 1) (tail path);

  # A name of a path: whether definitions are merged there, each priority for itself (`merges`); whether what it names
  # may be an entry of a DAG (`entry`, Home Manager's types.dagOf); which entry of which definition it is, where it
  # names an element of a list (`element`), { } where that is not known; the option that it leads to within a submodule,
  # and whether that is the one of the very instance, with values (`evaluated`), or the declaration for all of them;
  # whether what holds it is a submodule's value (`inModule`), and that submodule as it is evaluated (`instance`); which
  # definitions of what holds it are made into something else before they are merged (`coerces`, lib.types.coercedTo).
  named = name: {
    inherit name;
    merges = true;
    entry = false;
    element = null;
    option = null;
    evaluated = false;
    inModule = false;
    instance = null;
    coerces = null;
    type = null;
  };

  isStructured =
    type:
    elem type.name [
      "attrsOf"
      "lazyAttrsOf"
      "submodule"
      "dagOf"
    ];

  # -- by types alone ---------------------------------------------------------------------------------------------------

  # The names of a path below an option, by the option's type.
  namesIn =
    loc: type: path:
    let
      within = namesIn loc;
      inherit (type.nestedTypes) elemType;
      here = loc ++ [ (head path) ];
    in
    if path == [ ] then
      [ ]
    else if type == null then
      map named path
    else if
      elem type.name [
        "attrsOf"
        "lazyAttrsOf"
      ]
    then
      [ (named (head path) // { type = elemType; }) ] ++ namesIn here elemType (tail path)
    else if type.name == "dagOf" then
      [
        (
          named (head path)
          // {
            entry = true;
            type = elemType;
          }
        )
      ]
      ++ namesIn here elemType (withoutData (tail path))
    else if type.name == "submodule" then
      inModule null (namesInTree (type.getSubOptions loc) loc path)
    else if type.name == "either" then
      within (if isStructured type.nestedTypes.left then type.nestedTypes.left else type.nestedTypes.right) path
    else if type.name == "coercedTo" then
      coerced type (within type.nestedTypes.finalType path)
    else if
      elem type.name [
        "nullOr"
        "uniq"
        "unique"
      ]
    then
      within elemType path
    else
      map named path;

  withoutData = path: if lib.take 1 path == [ "data" ] then tail path else path;

  namesInTree =
    tree: loc: path:
    let
      found = tree.${head path};
      here = loc ++ [ (head path) ];
    in
    if path == [ ] || !(tree ? ${head path}) then
      map named path
    else if lib.isOption found then
      [
        (
          named (head path)
          // {
            option = found;
            inherit (found) type;
          }
        )
      ]
      ++ namesIn here found.type (tail path)
    else
      [ (named (head path) // { merges = false; }) ] ++ namesInTree found here (tail path);

  # The names of a path below what a type holds, which may be coerced.
  coerced =
    type: names:
    if type.name or null == "coercedTo" then
      [ (head names // { coerces = type.nestedTypes.coercedType.check; }) ] ++ tail names
    else if
      elem type.name or null [
        "nullOr"
        "uniq"
        "unique"
      ]
    then
      coerced type.nestedTypes.elemType names
    else
      names;

  inModule =
    instance: names:
    [
      (
        head names
        // {
          inModule = true;
          inherit instance;
        }
      )
    ]
    ++ tail names;

  # -- by what there is -------------------------------------------------------------------------------------------------

  # The names of a path below an option, by the option's value; by types, where that ends before the path.
  namesAt =
    option: path:
    let
      at = {
        inherit (option) loc;
        declared = option.loc;
        within = null;
      };
      # What an `apply` makes of it is another value, and that of an old name complains of its use.
      before = lib.optionalAttrs (option ? apply) { value = valueBeforeApply option; };
    in
    namesBelow (instances.ofOption at (option // before)) path;

  valueBeforeApply =
    option: (lib.modules.mergeDefinitions option.loc option.type option.definitionsWithLocations).mergedValue;

  namesBelow =
    node: path:
    let
      holder = if node.options == null then instances.direct node else node;
      isModule = holder.options == null && holder.value != null && (holder.type.name or null) == "submodule";
      held = if isModule then instances.submodule holder else holder;
      isDag = holder.options == null && (holder.type.name or null) == "dagOf";
      inner = instances.step held (head path);
      names =
        if inner == null then
          if held.options != null then
            namesInTree held.options held.loc path
          else
            namesIn holder.loc holder.type path
        else
          [ (nameOf held inner (head path) // { entry = isDag; }) ]
          ++ namesBelow inner (if isDag then withoutData (tail path) else tail path);
    in
    if path == [ ] then
      [ ]
    else
      coerced node.type (if isModule then inModule (instanceOf held) names else names);

  nameOf =
    held: inner: name:
    named name
    // {
      merges = inner.options == null;
      inherit (inner) option type;
      evaluated = inner.option != null && !(inner.option.isPaired or false);
      element = if held.options == null && isList held.value then elementAt held (lib.toInt name) else null;
    };

  # Which entry of which definition becomes the element of a list; one under a false mkIf becomes none.
  elementAt =
    node: index:
    let
      isKept =
        definition: value:
        (lib.modules.mergeDefinitions node.loc node.type.nestedTypes.elemType [
          {
            inherit (definition) file;
            inherit value;
          }
        ]).isDefined;
      entriesOf =
        number: definition:
        filter (entry: entry != null) (
          lib.imap0 (
            place: value:
            if isKept definition value then
              {
                definition = number;
                entry = place;
              }
            else
              null
          ) definition.value
        );
      entries = builtins.concatLists (lib.imap0 entriesOf node.definitions);
    in
    if node.definitions == null || !(node.type ? nestedTypes.elemType) then
      { }
    else
      elemAt entries index // { among = builtins.length node.definitions; };

  # What is known of a submodule's instance: what its modules are called with, those that its type has, whether a
  # definition of it that is a set is no module, but what a module defines.
  instanceOf =
    { configuration, type, ... }:
    if configuration == null then
      null
    else
      {
        arguments = {
          inherit lib;
          config = configuration.config // {
            inherit (configuration) _module;
          };
          inherit (configuration) options;
        }
        // configuration._module.specialArgs or { };
        modules = type.getSubModules;
        isShorthand = type.functor.payload.shorthandOnlyDefinesConfig or false == true;
        disabled = disabledIn configuration.graph or [ ];
      };

  disabledIn = builtins.concatMap (node: lib.optional node.disabled node.key ++ disabledIn node.imports);
in
{
  inherit
    named
    namesIn
    namesAt
    optionAt
    valueBeforeApply
    ;
}
