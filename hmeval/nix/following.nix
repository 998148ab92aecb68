# Follows paths through what modules define: through mkMerge, mkIf, mkOverride and mkOrder, into submodules, the modules
# that these are made of, and the elements of lists.
{ lib }:
let
  inherit (builtins)
    concatMap
    elemAt
    head
    isAttrs
    isFunction
    isList
    isPath
    length
    removeAttrs
    stringLength
    substring
    tail
    tryEval
    unsafeGetAttrPos
    ;

  # -- properties --------------------------------------------------------------------------------------------------------

  # At a merge the module system looks for mkMerge and mkIf, within these for an override, within that for an order, and
  # leaves what is further inside in the value (nixpkgs, lib/modules.nix: mergeDefinitions).
  ranks = {
    merge = 0;
    "if" = 0;
    override = 1;
    order = 2;
  };

  # What stands behind the properties of a value, each with what was met on the way. With `activeOnly` nothing is looked
  # at that stands under a false mkIf: modules may have there what cannot be evaluated. Of the value at the very end no
  # more than `layers` properties are taken off, none behind which it throws: an error stays with the value; and none
  # that the module system leaves in it.
  peel =
    state: value:
    let
      rank = ranks.${type};
      # The module system looks for it at the next merge, if there is one; and for all that is inside it.
      isInside = rank < state.rank || (rank == state.rank && rank > 0);
      inside =
        property: content:
        let
          met = property // {
            inherit (state) depth;
          };
        in
        peel (
          state
          // {
            properties = state.properties ++ [ met ];
            layers = state.layers - 1;
            inherit rank;
            pending = if isInside || state.pending != [ ] then state.pending ++ [ met ] else [ ];
          }
        ) content;
      isLeft = state.atEnd && (state.layers == 0 || !(tryEval (isAttrs value)).success);
      type = if !isLeft && isAttrs value then value._type or null else null;
    in
    if state.atEnd && state.pending != [ ] then
      [ (withLeft state value) ]
    else if type == "definition" then
      peel (state // { inherit (value) file; }) value.value
    else if !(ranks ? ${toString type}) then
      [ (state // { inherit value; }) ]
    else if state.atEnd && isInside then
      [
        (
          state
          // {
            inherit value;
            left = type;
          }
        )
      ]
    else if type == "merge" then
      concatMap (peel state) value.contents
    else if type != "if" then
      inside {
        kind = type;
        number = value.priority;
      } value.content
    else if state.activeOnly && !value.condition then
      [ ]
    else
      inside {
        kind = "if";
        holds = value.condition;
      } value.content;

  # A value with the properties that are left in it.
  withLeft =
    state: value:
    state
    // {
      value = lib.foldr wrapped value state.pending;
      properties = lib.take (length state.properties - length state.pending) state.properties;
      left = (head state.pending).kind;
    };
  wrapped =
    property: value:
    if property.kind == "if" then
      lib.mkIf property.holds value
    else if property.kind == "override" then
      lib.mkOverride property.number value
    else
      lib.mkOrder property.number value;

  isEntry = value: isAttrs value && value ? data && value ? after && value ? before;

  # As peel, numbered; an entry of a DAG stands for its data.
  contents =
    state: value:
    lib.imap0 (number: found: found // { branch = state.branch ++ [ number ]; }) (behind state value);
  behind =
    state: value:
    concatMap (
      found:
      if state.entry && !state.atEnd && isEntry found.value then
        # Its data are an option of a submodule of its own.
        peel (
          past (removeAttrs found [ "value" ])
          // {
            entry = false;
            merges = true;
          }
        ) found.value.data
      else
        [ found ]
    ) (peel state value);

  # -- names -------------------------------------------------------------------------------------------------------------

  generating = [
    (toString ./.)
    (dirOf (unsafeGetAttrPos "mkOption" lib).file)
  ];
  isGenerated =
    position:
    position == null
    || lib.any (folder: substring 0 (stringLength folder + 1) position.file == "${folder}/") generating;

  # Past a merge, only what it left counts further on.
  past =
    state:
    if state.merges then
      state
      // {
        rank = if state.pending == [ ] then 0 else state.rank;
        pending = [ ];
        merges = false;
      }
    else
      state;

  # The way to what a name holds.
  below =
    name: state:
    past (removeAttrs state [ "value" ])
    // {
      depth = state.depth + 1;
      inherit (name) entry merges;
    };

  step =
    name: state: set:
    let
      position = unsafeGetAttrPos name.name set;
    in
    below name state
    // (
      if isGenerated position then
        { exact = false; }
      else
        {
          inherit position;
          exact = true;
        }
    );

  # Where names lead in a value: one row for each value behind properties, and for each that ends before.
  follow =
    names: state: value:
    concatMap (followIn names) (contents (state // { atEnd = names == [ ]; }) value);

  followIn =
    names: found:
    let
      name = head names;
      inherit (found) value;
      rows =
        if name.element != null then
          followElement names found
        else if name.inModule then
          concatMap (followName names) (modulesIn name found)
        else
          followName names found;
    in
    if names == [ ] then
      [ (found // { complete = true; }) ]
    # What is made of it may define the rest.
    else if name.coerces != null && name.coerces value then
      [
        (
          found
          // {
            complete = true;
            exact = false;
          }
        )
      ]
    # Nothing is behind a mkMerge of nothing.
    else if rows == [ ] then
      [ found ]
    else
      rows;

  followName =
    names: found:
    let
      name = head names;
      inherit (found) value;
    in
    if isFunction value || isPath value then
      [ (found // { opaque = true; }) ]
    else if value ? ${name.name} then
      follow (tail names) (step name found value) value.${name.name}
    else
      [ ];

  # Elements have no names, and stand where the list does.
  followElement =
    names: found:
    let
      name = head names;
      inherit (found) value;
      place = name.element.entry or null;
    in
    if place != null && isList value && place < length value then
      follow (tail names) (below name found) (elemAt value place)
    else
      [ ];

  # -- submodules --------------------------------------------------------------------------------------------------------

  # The sets that a submodule's value stands for: those of the modules that it is, or imports. Where the instance is not
  # known, what they are called with is not, either.
  modulesIn =
    name: found:
    let
      inherit (found) value;
      inherit (name) instance;
      read = readModules instance {
        modules = [ value ];
        inherit (found) file;
      };
      unknown = name // {
        instance = null;
      };
      imported = concatMap (module: modulesIn unknown (found // { value = module; })) (value.imports or [ ]);
      hasForm = !(value ? ${name.name}) && value ? config;
    in
    if instance == null then
      [ (if hasForm then found // { value = value.config; } else found) ] ++ imported
    else if instance.isShorthand && isAttrs value then
      [ found ]
    else if isAttrs value || isFunction value || lib.types.path.check value then
      concatMap (setsOf found) read
    # The null of a submodule that need not be there, or what is made into a module.
    else
      [ ];

  readModules =
    instance: what:
    import ./modules.nix (
      {
        inherit (instance) arguments;
        disabledElsewhere = instance.disabled;
      }
      // what
    );

  # The sets that a module defines; `part` numbers them. What stands around them counts for the names in them.
  setsOf =
    state: module:
    let
      isImported = module.importedBy != null && module.importedBy != module.file;
      inner = past state // {
        depth = state.depth + 1;
        atEnd = false;
        inherit (module) file;
        importedBy = if isImported then module.importedBy else state.importedBy;
      };
      marked =
        part: found:
        found
        // {
          inherit (state) depth;
          imports = state.imports ++ [
            {
              inherit (state) depth;
              inherit (module) path;
              inherit part;
            }
          ];
        };
    in
    lib.imap0 marked (concatMap (peel inner) module.definitions);

  # The modules that the types of submodules have, of those that are on the way from an option at a depth on; each by a
  # name that says where.
  ownModules =
    from: names:
    let
      at =
        depth:
        let
          inherit (elemAt names depth) instance;
          named =
            number: module:
            rec {
              name = "${toString depth}.${toString number}";
              value = { inherit depth module name; };
            };
        in
        if instance == null then
          [ ]
        else
          lib.imap0 named (readModules instance { inherit (instance) modules; });
    in
    builtins.listToAttrs (concatMap at (lib.range from (length names - 1)));

  # The rows of such a module.
  ownRows =
    care: names:
    {
      depth,
      module,
      name,
    }:
    let
      state = start // care // {
        inherit depth;
        begins = depth + 1;
        branch = lib.genList (_: 0) (depth + 1);
        module = name;
        importedBy = null;
      };
    in
    concatMap (followName (lib.drop depth names)) (setsOf state module);

  start = {
    layers = 1000;
    atEnd = false;
    begins = 0;
    activeOnly = false;
    depth = 0;
    rank = 0;
    pending = [ ];
    merges = false;
    properties = [ ];
    branch = [ ];
    imports = [ ];
    entry = false;
    complete = false;
    opaque = false;
    exact = false;
    position = null;
    default = false;
    left = null;
  };
in
{
  inherit
    contents
    follow
    followIn
    isEntry
    ownModules
    ownRows
    start
    step
    ;
}
