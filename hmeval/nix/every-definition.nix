# The definitions of all options, in one pass over the modules: those whose conditions hold, each with the place of the
# attribute that writes it. For a single option definitions.nix finds more, and takes longer.
{
  # What module functions are called with.
  arguments,
  # As modules.nix gives them.
  modules,
  # The options that are asked for, as sets within sets by the names on their paths; null for all.
  among ? null,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    elemAt
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    tryEval
    unsafeGetAttrPos
    ;
  inherit (arguments) lib;

  # What definitions of other options hold is not evaluated.
  options = if among == null then arguments.options else chosen among arguments.options;
  chosen =
    among: tree:
    if lib.isOption tree then
      tree
    else
      mapAttrs (name: chosen among.${name}) (intersectAttrs among tree);

  # What stands behind the properties of a value. Of overrides, and of orders, the outermost counts, and an override
  # within an order is none (nixpkgs, lib/modules.nix: pushDownProperties, filterOverrides, sortProperties). In an
  # option's value the module system looks for nothing else within them: there it is left as it is.
  peel =
    isLeaf: isSet: state: value:
    let
      type = if isSet value then value._type or null else null;
      inside = peel isLeaf isSet;
      isInside = state.order != null || (state.priority != null && type != "order");
    in
    if isLeaf && isInside then
      [ (state // { inherit value; }) ]
    else if type == "merge" then
      concatMap (inside state) value.contents
    else if type == "if" then
      if value.condition then inside state value.content else [ ]
    else if type == "override" && state.order == null then
      inside (state // { priority = if state.priority == null then value.priority else state.priority; }) value.content
    else if type == "order" then
      inside (state // { order = if state.order == null then value.priority else state.order; }) value.content
    else
      [ (state // { inherit value; }) ];

  # The value of an option may throw: that is told where it is shown.
  isSetWithCare =
    value:
    let
      tried = tryEval (isAttrs value);
    in
    tried.success && tried.value;

  follow =
    tree: path: found:
    if isAttrs found.value then concatMap (followName tree path found) (attrNames found.value) else [ ];

  followName =
    tree: path: found: name:
    let
      here = path ++ [ name ];
      below = tree.${name};
      value = found.value.${name};
      state = removeAttrs found [ "value" ];
    in
    if !(tree ? ${name}) then
      [ ]
    else if below._type or null == "option" then
      map (each: each // { path = here; position = unsafeGetAttrPos name found.value; }) (peel true isSetWithCare state value)
    else
      concatMap (follow below here) (peel false isAttrs state value);

  inModule =
    number:
    let
      module = elemAt modules number;
      start = {
        inherit (module) file;
        priority = null;
        order = null;
      };
    in
    concatMap (definition: concatMap (follow options [ ]) (peel false isAttrs start definition)) module.definitions;
in
{
  count = builtins.length modules;

  # The definitions in the modules with these numbers; `values` of those among them with these numbers, dressed up as
  # options, so that native code writes each by itself.
  found =
    numbers:
    let
      all = concatMap inModule numbers;
    in
    {
      described = map (definition: removeAttrs definition [ "value" ]) all;
      values =
        chosen:
        listToAttrs (
          lib.imap0 (place: number: {
            name = toString (1000000 + place);
            value = {
              _type = "option";
              loc = [ (toString number) ];
              inherit (elemAt all number) value;
            };
          }) chosen
        );
    };

  # Where the lib lies: what is written there, modules write themselves.
  generating = dirOf (unsafeGetAttrPos "mkOption" lib).file;
}
