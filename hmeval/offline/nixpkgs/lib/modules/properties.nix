# Properties: conditions, merges, priorities and orders that wrap the value of a definition.
{ lib, ... }:

let
  inherit (builtins)
    any
    concatMap
    foldl'
    head
    isAttrs
    isBool
    length
    mapAttrs
    sort
    ;

  # The tag of a property, or the empty string for a plain value.
  tagOf = value: value._type or "";
in
rec {
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  mkDefinition = args@{ file, value, ... }: args // { _type = "definition"; };
  mkAssert =
    assertion: message:
    mkIf (assertion || throw "\nFailed assertion: ${message}");

  # A lower number wins.
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  defaultOverridePriority = 100;
  mkImageMediaOverride = mkOverride 60;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;

  mkBefore = mkOrder 500;
  defaultOrderPriority = 1000;
  mkAfter = mkOrder 1500;

  mkFixStrictness = lib.warn "lib.mkFixStrictness does nothing: remove the call." lib.id;

  # Move properties from a set onto its attributes, so that the attribute names are known
  # while no condition has been looked at: a condition may depend on the configuration.
  pushDownProperties =
    config:
    let
      tag = tagOf config;
      onAttributes = wrap: set: if isAttrs set then mapAttrs (_: wrap) set else set;
    in
    if tag == "merge" then
      concatMap pushDownProperties config.contents
    else if tag == "if" then
      map (onAttributes (mkIf config.condition)) (pushDownProperties config.content)
    else if tag == "override" then
      map (onAttributes (mkOverride config.priority)) (pushDownProperties config.content)
    else
      [ config ];

  # The values that remain of one definition once its conditions are decided.
  dischargeProperties =
    definition:
    let
      tag = tagOf definition;
    in
    if tag == "merge" then
      concatMap dischargeProperties definition.contents
    else if tag == "if" then
      if !isBool definition.condition then
        throw "‘mkIf’ called with a non-Boolean condition"
      else if definition.condition then
        dischargeProperties definition.content
      else
        [ ]
    else
      [ definition ];

  filterOverrides = defs: (filterOverrides' defs).values;

  filterOverrides' =
    let
      isOverride = def: tagOf def.value == "override";
      priorityOf = def: if isOverride def then def.value.priority else defaultOverridePriority;
      strip = def: if isOverride def then def // { value = def.value.content; } else def;
      # Weaker than every priority in use.
      weakest = 9999;
    in
    defs:
    let
      highestPrio =
        if length defs == 1 then
          priorityOf (head defs)
        else
          foldl' (strongest: def: lib.min (priorityOf def) strongest) weakest defs;
    in
    {
      inherit highestPrio;
      values = concatMap (def: if priorityOf def == highestPrio then [ (strip def) ] else [ ]) defs;
    };

  sortProperties =
    let
      isOrder = def: tagOf def.value == "order";
      strip =
        def:
        if isOrder def then
          def
          // {
            value = def.value.content;
            inherit (def.value) priority;
          }
        else
          def;
      placeOf = def: def.priority or defaultOrderPriority;
    in
    defs: if any isOrder defs then sort (a: b: placeOf a < placeOf b) (map strip defs) else defs;

  # Apply `f` to the value below the properties.
  mapDefinitionValue =
    f: definition:
    let
      tag = tagOf definition;
      inside = name: definition // { ${name} = mapDefinitionValue f definition.${name}; };
    in
    if tag == "merge" then
      definition // { contents = map (mapDefinitionValue f) definition.contents; }
    else if tag == "if" || tag == "override" || tag == "order" then
      inside "content"
    else if tag == "definition" then
      inside "value"
    else
      f definition;
}
