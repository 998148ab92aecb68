# Every definition that a path has in the modules of a configuration, whether it counts or not.
#
# The module system keeps the definitions of the strongest priority alone, and where they stand no nearer than the
# file. Here each module's definitions are followed along the path, through mkMerge, mkIf, mkOverride and mkOrder.
{
  # What module functions are called with.
  arguments,
  # As modules.nix gives them.
  modules,
}:
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    head
    isAttrs
    isFunction
    isPath
    length
    listToAttrs
    match
    removeAttrs
    stringLength
    substring
    tail
    tryEval
    unsafeGetAttrPos
    ;
  inherit (arguments) lib options;

  defaultPriority = 1500;

  inherit (import ./paths.nix { inherit lib; }) named namesIn optionAt;

  # -- following a path through definitions --------------------------------------------------------------------------

  # What stands behind the properties of a value, each with what was met on the way. With `activeOnly` nothing is looked
  # at that stands under a false mkIf: modules may have there what cannot be evaluated. Of the value at the very end no
  # more than `layers` properties are taken off, and none behind which it throws: an error stays with the value.
  peel =
    state: value:
    let
      inside =
        property: content:
        peel (
          state
          // {
            properties = state.properties ++ [ (property // { inherit (state) depth; }) ];
            layers = state.layers - 1;
          }
        ) content;
      isLeft = state.atEnd && (state.layers == 0 || !(tryEval (isAttrs value)).success);
      type = if !isLeft && isAttrs value then value._type or null else null;
    in
    if type == "merge" then
      concatMap (peel state) value.contents
    else if type == "if" then
      if state.activeOnly && !value.condition then
        [ ]
      else
        inside {
          kind = "if";
          holds = value.condition;
        } value.content
    else if type == "override" then
      inside {
        kind = "override";
        number = value.priority;
      } value.content
    else if type == "order" then
      inside {
        kind = "order";
        number = value.priority;
      } value.content
    else if type == "definition" then
      peel (state // { inherit (value) file; }) value.value
    else
      [ (state // { inherit value; }) ];

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
        peel (removeAttrs found [ "value" ] // { entry = false; }) found.value.data
      else
        [ found ]
    ) (peel state value);

  generating = [
    (toString ./.)
    (dirOf (unsafeGetAttrPos "mkOption" lib).file)
  ];
  isGenerated =
    position:
    position == null
    || lib.any (folder: substring 0 (stringLength folder + 1) position.file == "${folder}/") generating;

  step =
    name: state: set:
    let
      position = unsafeGetAttrPos name.name set;
    in
    removeAttrs state [ "value" ]
    // {
      depth = state.depth + 1;
      inherit (name) entry;
    }
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

  # A submodule's value may be a module in any form: a function is read with what it is called with.
  opened =
    instance: found:
    let
      inherit (found) value;
      given = {
        inherit lib;
        inherit (instance) config options;
      };
      named = builtins.mapAttrs (name: _: given.${name} or instance._module.args.${name}) (
        lib.functionArgs value
      );
    in
    if instance == null then
      found
    else if isFunction value then
      found // { value = value (given // named); }
    else if isPath value then
      opened instance (
        found
        // {
          value = import value;
          file = toString value;
        }
      )
    else
      found;

  followIn =
    names: found:
    let
      name = head names;
      open = opened name.instance found;
      inherit (open) value;
      set = if name.inModule && !(value ? ${name.name}) && value ? config then value.config else value;
      own = if set ? ${name.name} then follow (tail names) (step name open set) set.${name.name} else [ ];
      imported = if name.instance != null then value.imports or [ ] else [ ];
      below = own ++ concatMap (module: followIn names (open // { value = module; })) imported;
    in
    if names == [ ] then
      [ (found // { complete = true; }) ]
    else if isFunction value || isPath value then
      [ (found // { opaque = true; }) ]
    # Nothing is behind a mkMerge of nothing.
    else if below == [ ] then
      [ open ]
    else
      below;

  start = {
    layers = 1000;
    atEnd = false;
    begins = 0;
    activeOnly = false;
    depth = 0;
    properties = [ ];
    branch = [ ];
    entry = false;
    complete = false;
    opaque = false;
    exact = false;
    position = null;
    default = false;
  };

  # What a module holds at its top.
  topOf =
    care: number:
    let
      module = elemAt modules number;
      state = start // care // {
        inherit (module) file;
        module = number;
      };
    in
    concatMap (contents state) module.definitions;
  # Kept for all questions; most end there.
  tops = genList (topOf { }) (length modules);

  # -- definitions without an option -----------------------------------------------------------------------------------

  straysIn =
    tree: path: found:
    let
      inName =
        name:
        let
          here = path ++ [ name ];
          below = step (named name) found found.value;
        in
        if !(tree ? ${name}) then
          [
            {
              path = here;
              inherit (below) file position;
            }
          ]
        else if lib.isOption tree.${name} then
          [ ]
        else
          concatMap (straysIn tree.${name} here) (contents below found.value.${name});
    in
    if isAttrs found.value then concatMap inName (attrNames found.value) else [ ];

  # -- modules that stand for renamed options --------------------------------------------------------------------------

  optionsIn =
    path: tree:
    if lib.isOption tree then
      [
        {
          inherit path;
          # A renamed option has an `apply` and no default; what others say of themselves may be costly, or fail.
          description = if tree ? apply && !(tree ? default) then tree.description or null else null;
          # lib.mkMergedOptionModule's mark for an option that is not set.
          merged = tree.default or null == "_mkMergedOptionModule";
        }
      ]
    else if isAttrs tree then
      concatMap (name: optionsIn (path ++ [ name ]) tree.${name}) (attrNames tree)
    else
      [ ];

  # -- defaults --------------------------------------------------------------------------------------------------------

  placeOfDefault =
    option:
    let
      written = unsafeGetAttrPos "default" option;
      declared = option.declarationPositions or [ ];
      files = option.declarations or [ ];
    in
    if written != null && elem written.file (map toString files) then
      written
    else if declared != [ ] && (head declared).line != null then
      head declared
    else if files != [ ] then
      {
        file = toString (head files);
        line = null;
        column = null;
      }
    else
      null;

  defaultOf =
    care: depth: option: names:
    if !(option ? default) then
      [ ]
    else
      follow names (
        start
        // care
        // {
          inherit depth;
          begins = depth;
          properties = [
            {
              kind = "override";
              number = defaultPriority;
              inherit depth;
            }
          ];
          position = placeOfDefault option;
          exact = true;
          default = true;
          file = lib.head ((map toString (option.declarations or [ ])) ++ [ "<unknown-file>" ]);
          module = null;
        }
      ) option.default;

  # -- values for output -----------------------------------------------------------------------------------------------

  # Values dressed up as options, so that native code writes each by itself, as it writes those of options.
  dressed =
    values:
    listToAttrs (
      lib.imap0 (number: value: {
        name = toString (1000000 + number);
        value = {
          _type = "option";
          loc = [ (toString (1000000 + number)) ];
          isDefined = true;
          highestPrio = 0;
        }
        // value;
      }) values
    );

  # `_module.args` has the whole of pkgs in it: native code knows by the type what is not to be evaluated.
  typeIfRaw =
    place:
    let
      inherit (place.option) type;
    in
    if place.below == [ ] && type.name == "lazyAttrsOf" && type.nestedTypes.elemType.name or null == "raw" then
      { inherit type; }
    else
      { };

  describe = row: {
    inherit (row)
      begins
      branch
      complete
      default
      depth
      exact
      file
      module
      opaque
      position
      ;
    properties = map (property: {
      inherit (property) kind depth;
      number = property.number or null;
    }) row.properties;
  };

  # Whether a condition holds, and those around it, which come first.
  outcomesOf =
    row:
    let
      conditions = filter (property: property.kind == "if") row.properties;
      holdAmong = count: all (condition: condition.holds) (lib.take count conditions);
    in
    lib.imap1 (count: _: { value = holdAmong count; }) conditions;

  # { value }: what is at names below a value; null where that is nothing.
  valueAt =
    names: value:
    let
      name = head names;
      found = value.${name.name};
      rest = tail names;
    in
    if names == [ ] then
      { inherit value; }
    else if !(value ? ${name.name}) then
      null
    else
      valueAt rest (if name.entry && rest != [ ] && isEntry found then found.data else found);

  merged =
    option:
    (lib.modules.mergeDefinitions option.loc option.type option.definitionsWithLocations).mergedValue;

in
{
  # Where a path leads; null where there is no option at or above it. `knowledge` says how much may be evaluated to find
  # out what is below an option: its values, its type, or nothing.
  locate =
    knowledge: loc:
    let
      found = optionAt options 0 loc;
      inherit (found) option depth;
      path = lib.drop depth loc;
      below =
        if knowledge == "values" then
          namesIn (option.valueMeta or { }) option.loc option.type path
        else if knowledge == "types" then
          namesIn { } option.loc option.type path
        else
          map named path;
      above = map (name: named name // { merges = false; }) (lib.take (depth - 1) loc) ++ [
        (named (elemAt loc (depth - 1)))
      ];
    in
    if found == null then
      null
    else
      {
        inherit option depth below;
        names = above ++ below;
        # The option at the very end of the path, declared at the top or within a submodule.
        last = if below == [ ] then option else (lib.last below).option;
        evaluated = below == [ ] || (lib.last below).evaluated;
        type = (if below == [ ] then option.type else (lib.last below).type).description or "unspecified";
        merges = map (name: name.merges) (above ++ below);
        inModule = map (name: name.inModule) (above ++ below);
      };

  modules = map (module: {
    inherit (module) file importedBy;
    # Written within another module, and without a key of its own.
    isInPlace = match ".*:anon-[0-9]+" module.key != null;
  }) modules;

  # The rows of the modules with these numbers, and of defaults. Those in `careful` are to be followed with care:
  # { number.layers, number.activeOnly }; so are `default`s, unless that is null, which leaves them out.
  rows =
    place: numbers: careful:
    let
      inModule =
        number:
        if careful ? ${toString number} then
          concatMap (followIn place.names) (topOf careful.${toString number} number)
        else
          concatMap (followIn place.names) (elemAt tops number);
      default = careful.default or { };
      defaultAt = depth: option: names: if default == null then [ ] else defaultOf default depth option names;
      found = filter (row: row.depth >= place.depth) (
        defaultAt place.depth place.option place.below
        ++ concatMap inModule numbers
        ++ (if place.below != [ ] && place.last != null then defaultAt (length place.names) place.last [ ] else [ ])
      );
    in
    {
      described = map describe found;
      values = dressed (map (row: { inherit (row) value; } // typeIfRaw place) found);
      outcomes = dressed (concatMap outcomesOf found);
    };

  # The definitions in the modules with these numbers that no option is declared for.
  strays = concatMap (
    number: concatMap (straysIn options [ ]) (elemAt tops number)
  );

  # Where the modules of these files define a path, each with the module's file.
  places =
    files: loc:
    let
      isOf = number: elem (elemAt modules number).file files;
      all = concatMap (topOf { layers = 0; }) (filter isOf (genList (number: number) (length modules)));
      found = concatMap (followIn (map named loc)) all;
    in
    map (row: { inherit (row) file position; }) (filter (row: row.complete && row.position != null) found);

  # What the modules with these numbers declare that may be renamed options.
  declared = map (number: optionsIn [ ] (elemAt modules number).options);

  # The final value, and what it was before the option's `apply`; with the definitions that the module system counts.
  final =
    place:
    let
      isEmptied = elem place.option.loc [
        [ "assertions" ]
        [ "warnings" ]
      ];
      found = valueAt place.below (if isEmptied then merged place.option else place.option.value);
      inherit (place) last;
      isCounted = last != null && place.evaluated;
      value = {
        inherit (found) value;
        definitionsWithLocations = if isCounted then last.definitionsWithLocations else [ ];
      }
      // typeIfRaw place;
      applied = if isCounted && last ? apply && !isEmptied then [ { value = merged last; } ] else [ ];
    in
    if found == null then dressed [ ] else dressed ([ value ] ++ applied);
}
