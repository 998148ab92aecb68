# Attribute sets.
{ lib }:

let
  inherit (builtins)
    all
    attrNames
    attrValues
    concatLists
    concatMap
    elemAt
    filter
    foldl'
    getAttr
    hasAttr
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    mapAttrs
    removeAttrs
    tail
    zipAttrsWith
    ;
  inherit (lib.strings) concatMapStringsSep concatStringsSep escapeNixIdentifier;
in
rec {
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if isAttrs set && set ? ${head path} then
      attrByPath (tail path) default set.${head path}
    else
      default;
  hasAttrByPath =
    path: set:
    path == [ ]
    || (isAttrs set && set ? ${head path} && hasAttrByPath (tail path) set.${head path});
  longestValidPathPrefix =
    path: set:
    if path == [ ] || !(isAttrs set && set ? ${head path}) then
      [ ]
    else
      [ (head path) ] ++ longestValidPathPrefix (tail path) set.${head path};
  getAttrFromPath =
    path: attrByPath path (abort "cannot find attribute '${concatStringsSep "." path}'");
  setAttrByPath =
    path: value: if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };
  showAttrPath =
    path: if path == [ ] then "<root attribute path>" else concatMapStringsSep "." escapeNixIdentifier path;
  updateManyAttrsByPath =
    updates: set:
    let
      parted = lib.partition (update: update.path == [ ]) updates;
      byName = builtins.groupBy (update: head update.path) parted.wrong;
      below = map (update: update // { path = tail update.path; });
      nested =
        if parted.wrong == [ ] then
          set
        else
          set
          // mapAttrs (
            name: inner: updateManyAttrsByPath (below inner) (set.${name} or { })
          ) byName;
    in
    foldl' (value: update: update.update value) nested parted.right;

  attrVals = names: set: map (name: set.${name}) names;
  getAttrs = names: set: genAttrs names (name: set.${name});
  nameValuePair = name: value: { inherit name value; };
  attrsToList = mapAttrsToList nameValuePair;
  optionalAttrs = condition: set: if condition then set else { };

  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  genAttrs' = xs: f: listToAttrs (map f xs);
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  mapAttrsToList = f: set: attrValues (mapAttrs f set);
  concatMapAttrs = f: set: mergeAttrsList (mapAttrsToList f set);
  filterAttrs =
    predicate: set: removeAttrs set (filter (name: !predicate name set.${name}) (attrNames set));
  filterAttrsRecursive =
    predicate: set:
    mapAttrs (_: value: if isAttrs value then filterAttrsRecursive predicate value else value) (
      filterAttrs predicate set
    );
  foldlAttrs =
    f: init: set:
    foldl' (acc: name: f acc name set.${name}) init (attrNames set);
  foldrAttrs =
    f: init: set:
    lib.foldr (name: acc: f name set.${name} acc) init (attrNames set);
  foldAttrs =
    op: nul: sets:
    mapAttrs (_: lib.foldr op nul) (zipAttrs sets);
  mergeAttrsList =
    sets:
    # Halving keeps the number of `//` on each attribute logarithmic.
    let
      between =
        start: end:
        if end - start == 0 then
          { }
        else if end - start == 1 then
          elemAt sets start
        else
          let
            middle = (start + end) / 2;
          in
          between start middle // between middle end;
    in
    between 0 (length sets);

  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);
  mapAttrsRecursiveCond =
    condition: f: set:
    let
      below =
        path:
        mapAttrs (
          name: value:
          let
            here = path ++ [ name ];
          in
          if isAttrs value && condition value then below here value else f here value
        );
    in
    below [ ] set;
  mapAttrsToListRecursive = mapAttrsToListRecursiveCond (_: _: true);
  mapAttrsToListRecursiveCond =
    condition: f: set:
    let
      below =
        path: value:
        if isAttrs value && (path == [ ] || condition path value) then
          concatLists (mapAttrsToList (name: below (path ++ [ name ])) value)
        else
          [ (f path value) ];
    in
    below [ ] set;
  collect =
    predicate: set:
    if predicate set then
      [ set ]
    else if isAttrs set then
      concatMap (collect predicate) (attrValues set)
    else
      [ ];
  cartesianProduct =
    choices:
    foldl' (
      found: name:
      concatMap (set: map (value: set // { ${name} = value; }) choices.${name}) found
    ) [ { } ] (attrNames choices);

  zipAttrsWithNames =
    names: f: sets:
    genAttrs names (name: f name (builtins.catAttrs name sets));
  zipAttrs = zipAttrsWith (_: values: values);
  recursiveUpdateUntil =
    stop: old: new:
    let
      merge =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
          in
          if length values == 1 || stop here (elemAt values 1) (head values) then
            head values
          else
            merge here values
        );
    in
    merge [ ] [
      new
      old
    ];
  recursiveUpdate = recursiveUpdateUntil (_: old: new: !(isAttrs old && isAttrs new));
  matchAttrs =
    pattern: set:
    assert isAttrs pattern;
    all (
      name:
      set ? ${name}
      && (
        if isAttrs pattern.${name} then
          isAttrs set.${name} && matchAttrs pattern.${name} set.${name}
        else
          pattern.${name} == set.${name}
      )
    ) (attrNames pattern);
  overrideExisting = old: new: old // intersectAttrs old new;
  unionOfDisjoint =
    x: y:
    x
    // y
    // mapAttrs (
      name: _: throw "unionOfDisjoint: both sets have ${name}"
    ) (intersectAttrs x y);

  isDerivation = value: value.type or null == "derivation";
  toDerivation =
    path:
    let
      storePath = builtins.storePath path;
      derivation = {
        type = "derivation";
        name = lib.strings.sanitizeDerivationName (
          builtins.substring 33 (-1) (baseNameOf (builtins.unsafeDiscardStringContext storePath))
        );
        outPath = storePath;
        outputs = [ "out" ];
        out = derivation;
        outputName = "out";
      };
    in
    derivation;
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };

  # The named output, else `out`, else the package; a package already narrowed to an output stays.
  getOutput =
    output: package:
    if !(package.outputSpecified or false) then
      package.${output} or package.out or package
    else
      package;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getStatic = getOutput "static";
  getDev = getOutput "dev";
  getInclude = getOutput "include";
  getMan = getOutput "man";
  chooseDevOutputs = map getDev;
}
