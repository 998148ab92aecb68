# What is at a path that goes through real instances (users.users.alice.shell), and which instances there are.
#
# A recent lib keeps the evaluated options of every submodule beside the value (`valueMeta`). Where it has not, or a type
# between drops them (nullOr), the definitions are merged once more, the way lib/modules.nix and lib/types.nix of nixpkgs
# do. Where not even the definitions are at hand (after coercedTo), the documented sub-options are paired with the value.
{ lib, options }:
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    elemAt
    filter
    genList
    head
    isAttrs
    isList
    length
    mapAttrs
    match
    stringLength
    substring
    tail
    ;
  inherit (lib) isOption last mkOptionDefault;
  inherit (lib.modules) evalModules mergeDefinitions;

  # A node: { loc, declared, within, option, type, value, meta, definitions, priority }. `declared` is the loc of the
  # documentation, with placeholders; `within` that of the option which holds the value; what is not known is null. A
  # node for a set of options has `options`, and what its freeform type takes in `rest`.
  unknown = {
    option = null;
    type = null;
    meta = null;
    definitions = null;
    priority = null;
    options = null;
    rest = null;
  };

  ofOption =
    at: option:
    unknown
    // at
    // {
      inherit option;
      within = at.loc;
      type = option.type or null;
      value = option.value;
      meta = option.valueMeta or null;
      definitions = option.definitionsWithLocations or null;
      priority = option.highestPrio or null;
    };

  ofOptions = at: options: if isOption options then ofOption at options else unknown // at // { inherit options; };

  at = node: name: placeholder: {
    loc = node.loc ++ [ name ];
    declared = node.declared ++ [ placeholder ];
    inherit (node) within;
  };

  # -- types ----------------------------------------------------------------------------------------------------------

  elementOf = type: type.nestedTypes.elemType or type.functor.payload.elemType or type.functor.wrapped or null;

  accepts =
    node: type:
    if node.definitions != null then
      all (definition: type.check definition.value) node.definitions
    else
      type.check node.value;

  # The node with a type that holds its value directly.
  direct =
    node:
    let
      kind = node.type.name or null;
      nested = node.type.nestedTypes or { };
      coerced = definition: nested.coercedType.check definition.value;
    in
    if kind == "nullOr" || kind == "unique" then
      direct (node // { type = elementOf node.type; })
    else if kind == "either" && nested ? left then
      direct (node // { type = if accepts node nested.left then nested.left else nested.right; })
    else if kind == "coercedTo" && nested ? finalType then
      direct (
        node
        // {
          type = nested.finalType;
          # What converts them is not told by the type.
          definitions =
            if node.definitions == null || lib.any coerced node.definitions then null else node.definitions;
        }
      )
    else
      node;

  # -- one step down --------------------------------------------------------------------------------------------------

  merged =
    node: type: definitions:
    let
      result = mergeDefinitions node.loc type definitions;
    in
    {
      definitions = result.defsFinal;
      priority = result.defsFinal'.highestPrio or null;
    };

  # The DAG types of Home Manager document their elements without the entry around them.
  isEntry = value: value ? data && value ? after && value ? before;
  inEntry = definition: if isEntry definition.value then definition // { value = definition.value.data; } else definition;

  namedElement =
    node: name:
    let
      type = elementOf node.type;
      isDag = node.type.name == "dagOf";
      inner = at node name "<${node.type.functor.payload.placeholder or "name"}>";
      own = definition: if isAttrs definition.value && definition.value ? ${name} then [ (definition // { value = definition.value.${name}; }) ] else [ ];
      dagName = {
        file = "<dagOf>";
        value._module.args.dagName = name;
      };
      definitions = concatMap own node.definitions;
    in
    unknown
    // inner
    // {
      inherit type;
      value = if isDag then node.value.${name}.data else node.value.${name};
      meta = node.meta.attrs.${name} or null;
    }
    // lib.optionalAttrs (node.definitions != null) (
      merged inner type (
        if isDag then
          map inEntry definitions ++ lib.optional (type.name == "submodule") dagName
        else
          definitions
      )
    );

  listElement =
    node: name:
    let
      type = elementOf node.type;
      index = lib.toInt name;
      inner = at node name "*";
      entry = definition: map (value: merged inner type [ (definition // { inherit value; }) ]) definition.value;
      entries = filter (entry: entry.definitions != [ ]) (concatMap entry node.definitions);
    in
    unknown
    // inner
    // {
      inherit type;
      value = elemAt node.value index;
      meta = if node.meta ? list then elemAt node.meta.list index else null;
    }
    // lib.optionalAttrs (node.definitions != null) (elemAt entries index);

  isIndex = list: name: match "0|[1-9][0-9]{0,8}" name != null && lib.toInt name < length list;

  # A value without options, or a type that tells nothing of its parts.
  plainElement =
    node: name:
    unknown
    // at node name name
    // {
      value = if isList node.value then elemAt node.value (lib.toInt name) else node.value.${name};
    };

  tag =
    node: name:
    let
      own = definition: definition // { value = definition.value.${name}; };
      inner = at node name name;
      option = node.type.nestedTypes.${name} // { inherit (inner) loc; };
    in
    ofOption inner (
      if node.definitions == null then
        paired option node.value.${name}
      else
        lib.modules.evalOptionValue inner.loc option (map own node.definitions)
    );

  # -- submodules -----------------------------------------------------------------------------------------------------

  paired =
    option: value:
    option
    // {
      inherit value;
      isPaired = true;
      isDefined = true;
      definitionsWithLocations = [ ];
    };

  pairedTree =
    options: value:
    mapAttrs (
      name: option: if isOption option then paired option value.${name} else pairedTree option value.${name}
    ) (builtins.intersectAttrs value (removeAttrs options [ "_module" "_freeformOptions" ]));

  evaluated =
    node:
    let
      payload = node.type.functor.payload or { };
      shorthand = payload.shorthandOnlyDefinesConfig or false;
      asModule =
        { file, value, ... }:
        if isAttrs value && shorthand == true then
          {
            _file = file;
            config = value;
          }
        else
          {
            _file = file;
            imports = [ value ];
          };
      names = [
        { _module.args.name = mkOptionDefault "‹name›"; }
        { _module.args.name = last node.loc; }
      ];
    in
    evalModules (
      {
        modules = [ (head names) ] ++ node.type.getSubModules ++ tail names ++ map asModule node.definitions;
        prefix = node.loc;
        specialArgs = payload.specialArgs or { };
      }
      // lib.optionalAttrs (payload.class or null != null) { inherit (payload) class; }
    );

  # A submodule's evaluation; null where neither it nor the definitions are at hand.
  configurationOf =
    node:
    if node.meta ? configuration then
      node.meta.configuration
    else if node.definitions != null then
      evaluated node
    else
      null;

  # The definitions of a freeform value are those of the submodule, where these are plain sets.
  submodule =
    node:
    let
      configuration = configurationOf node;
      found =
        if configuration != null then configuration.options else pairedTree (node.type.getSubOptions node.loc) node.value;
      freeform = found._module.freeformType.value or node.type.nestedTypes.freeformType or null;
      isPlain = definition: isAttrs definition.value && !(definition.value ? imports || definition.value ? config);
    in
    node
    // {
      inherit configuration;
      options = found;
      rest =
        if freeform == null then
          null
        else
          node
          // {
            type = freeform;
            meta = null;
            definitions = if node.definitions == null then null else filter isPlain node.definitions;
          };
    };

  # -- paths ----------------------------------------------------------------------------------------------------------

  holdsOptions = node: node.options != null || (node.type.name or null) == "submodule";

  # The node that `name` leads to; null where there is none.
  step =
    outer: name:
    let
      node = if outer.options == null then direct outer else outer;
      kind = node.type.name or null;
    in
    if node.options != null then
      if node.options ? ${name} then
        ofOptions (at node name name) node.options.${name}
      else if node.rest != null then
        step node.rest name
      else
        null
    else if node.value == null then
      null
    else if kind == "submodule" then
      step (submodule node) name
    else if isList node.value then
      if !isIndex node.value name then
        null
      else if elementOf node.type != null then
        listElement node name
      else
        plainElement node name
    else if !(isAttrs node.value && node.value ? ${name}) then
      null
    else if kind == "attrTag" then
      tag node name
    else if node.type != null && elementOf node.type != null then
      namedElement node name
    else
      plainElement node name;

  root = unknown // {
    inherit options;
    loc = [ ];
    declared = [ ];
    within = null;
  };

  isPlaceholder =
    part:
    part == "*" || (stringLength part > 1 && substring 0 1 part == "<" && substring (stringLength part - 1) 1 part == ">");

  # The names under which a node has elements.
  names =
    outer:
    let
      node = direct outer;
    in
    if node.options != null || node.type == null || elementOf node.type == null then
      [ ]
    else if isAttrs node.value then
      attrNames node.value
    else if isList node.value then
      genList toString (length node.value)
    else
      [ ];

  # A path may hold real names that look like placeholders: the real one comes first.
  steps =
    node: part:
    let
      found = step node part;
    in
    if isPlaceholder part && (node.options == null || !(node.options ? ${part})) then
      map (step node) (names node)
    else
      lib.optional (found != null) found;

  # As an option for lib's readers.
  asOption =
    node:
    let
      known = lib.filterAttrs (_: value: value != null);
    in
    {
      _type = "option";
      inherit (node) loc value;
      isDefined = true;
      definitionsWithLocations = if node.definitions == null then [ ] else node.definitions;
    }
    // known {
      inherit (node) type;
      highestPrio = node.priority;
    };
in
{
  # For paths.nix.
  inherit
    direct
    ofOption
    step
    submodule
    ;

  # What is at a path: null, or { loc, declared, within } and `option` or `options`.
  at =
    path:
    let
      found = builtins.foldl' (node: name: if node == null then null else step node name) root path;
      node = if found == null || found.option != null || found.options != null then found else direct found;
      shown = if node.options == null && node.option == null && node.value != null && holdsOptions node then submodule node else node;
    in
    if node == null then
      null
    else
      {
        inherit (shown) loc declared within;
      }
      // (
        if shown.option != null then
          { option = shown.option // { inherit (shown) loc; }; }
        else if shown.options != null then
          { inherit (shown) options; }
        else
          { option = asOption shown; }
      );

  # The paths of the real instances of an option: of one with placeholders, or of the elements of one without.
  instances =
    path:
    let
      found = builtins.foldl' (nodes: part: concatMap (node: steps node part) nodes) [ root ] path;
      elements = concatMap (node: map (name: node.loc ++ [ name ]) (names node)) found;
    in
    if lib.any isPlaceholder path then map (node: node.loc) found else elements;
}
