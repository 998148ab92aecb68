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
    concatMap
    elem
    elemAt
    filter
    genList
    head
    isAttrs
    isList
    length
    listToAttrs
    match
    removeAttrs
    tail
    unsafeGetAttrPos
    ;
  inherit (arguments) lib options;

  defaultPriority = 1500;

  inherit (import ./paths.nix { inherit lib options; })
    named
    namesIn
    namesAt
    optionAt
    valueBeforeApply
    ;
  inherit (import ./following.nix { inherit lib; })
    contents
    follow
    followIn
    isEntry
    ownModules
    ownRows
    start
    step
    ;

  # -- modules ---------------------------------------------------------------------------------------------------------

  # What a module holds at its top.
  topOf =
    care: number:
    let
      module = elemAt modules number;
      state = start // care // {
        inherit (module) file importedBy;
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

  # Written within another module, and without a key of its own.
  isInPlace = module: match ".*:anon-[0-9]+" module.key != null;

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
          branch = genList (_: 0) depth;
          rank = 1;
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
          importedBy = null;
          merges = true;
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

  # Whether a value of this type is a module, in which properties are looked for.
  holdsModule =
    type:
    if
      elem type.name or null [
        "nullOr"
        "unique"
      ]
    then
      holdsModule type.nestedTypes.elemType
    else
      elem type.name or null [
        "deferredModule"
        "raw"
        "submodule"
        "unspecified"
      ];

  describe = row: {
    inherit (row)
      begins
      branch
      complete
      default
      depth
      exact
      file
      imports
      left
      module
      opaque
      position
      ;
    imported_by = row.importedBy;
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
      isElement = name.element != null && isList value;
      found = if isElement then elemAt value (lib.toInt name.name) else value.${name.name};
      rest = tail names;
    in
    if names == [ ] then
      { inherit value; }
    else if !(isElement || value ? ${name.name}) then
      null
    else
      valueAt rest (if name.entry && rest != [ ] && isEntry found then found.data else found);

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
          namesAt option path
        else if knowledge == "types" then
          namesIn option.loc option.type path
        else
          map named path;
      above = map (name: named name // { merges = false; }) (lib.take (depth - 1) loc) ++ [
        (named (elemAt loc (depth - 1)))
      ];
      names = above ++ below;
      own = ownModules depth names;
    in
    if found == null then
      null
    else
      {
        inherit
          option
          depth
          below
          names
          ;
        inherit own;
        ownModules = builtins.mapAttrs (_: own: {
          inherit (own) depth;
          inherit (own.module) file;
          isInPlace = isInPlace own.module;
        }) own;
        # The option at the very end of the path, declared at the top or within a submodule.
        last = if below == [ ] then option else (lib.last below).option;
        isModule = holdsModule (if below == [ ] then option.type else (lib.last below).type);
        evaluated = below == [ ] || (lib.last below).evaluated;
        type = (if below == [ ] then option.type else (lib.last below).type).description or "unspecified";
        levels = map (name: {
          inherit (name) merges inModule element;
          isOption = name.option != null;
        }) names;
      };

  modules = map (module: {
    inherit (module) file;
    isInPlace = isInPlace module;
  }) modules;

  # The rows of these sources: modules, by their numbers; those that submodules on the way are made of, by their names
  # in `own`; "default". What is in `careful` is to be followed with care: { source.layers, source.activeOnly }.
  rows =
    place: sources: careful:
    let
      inherit (place) names;
      careOf = source: careful.${toString source} or { };
      defaultAt = depth: option: defaultOf (careOf "default") depth option (lib.drop depth names);
      inner = filter (depth: (elemAt names (depth - 1)).option != null) (
        lib.range (place.depth + 1) (length names)
      );
      inSource =
        source:
        if source == "default" then
          defaultAt place.depth place.option ++ concatMap (depth: defaultAt depth (elemAt names (depth - 1)).option) inner
        else if place.own ? ${toString source} then
          ownRows (careOf source) names place.own.${source}
        else
          concatMap (followIn names) (
            if careful ? ${toString source} then topOf (careOf source) source else elemAt tops source
          );
      found = filter (row: row.depth >= place.depth) (concatMap inSource sources);
    in
    {
      described = map describe found;
      # Of those alone that define the path, or may: others may hold all that is beside it.
      values = dressed (
        map (row: { inherit (row) value; } // typeIfRaw place) (filter (row: row.complete || row.opaque) found)
      );
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

  # The same of the modules of these names that submodules on the way are made of.
  declaredOwn = place: map (name: optionsIn [ ] place.own.${name}.module.options);

  # The final value, and what it was before the option's `apply`; with the definitions that the module system counts.
  final =
    place:
    let
      isEmptied = elem place.option.loc [
        [ "assertions" ]
        [ "warnings" ]
      ];
      found = valueAt place.below (if isEmptied then valueBeforeApply place.option else place.option.value);
      inherit (place) last;
      isCounted = last != null && place.evaluated;
      value = {
        inherit (found) value;
        definitionsWithLocations = if isCounted then last.definitionsWithLocations else [ ];
      }
      // (if isCounted then { inherit (last) highestPrio; } else { })
      // typeIfRaw place;
      applied = if isCounted && last ? apply && !isEmptied then [ { value = valueBeforeApply last; } ] else [ ];
    in
    {
      values = if found == null then dressed [ ] else dressed ([ value ] ++ applied);
      isCounted = found != null && isCounted;
    };
}
