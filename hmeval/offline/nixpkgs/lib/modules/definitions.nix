# From the definitions of one option to its value: conditions decided, priorities compared, order
# applied, types checked, the rest merged by the type.
{
  lib,
  options,
  ...
}:

let
  inherit (builtins)
    addErrorContext
    all
    concatMap
    filter
    head
    isAttrs
    length
    ;
  inherit (lib.modules)
    defaultOverridePriority
    dischargeProperties
    filterOverrides'
    mergeDefinitions
    mkOptionDefault
    pushDownProperties
    sortProperties
    ;
  inherit (options) showDefs showFiles showOption;

  isPlain = value: !(isAttrs value && value ? _type);

  whileReading = def: addErrorContext "while evaluating definitions from `${def.file}':";

  # mkDefinition names a file of its own; every other value has that of its module.
  discharged =
    def:
    map (
      value:
      if value._type or null == "definition" then
        value
      else
        {
          inherit (def) file;
          inherit value;
        }
    ) (whileReading def (dischargeProperties def.value));

  winningDefinitions =
    defs:
    let
      strongest = filterOverrides' (concatMap discharged defs);
    in
    # Nearly every option has one definition without properties: nothing to compare then.
    if length defs == 1 && whileReading (head defs) (isPlain (head defs).value) then
      {
        values = defs;
        highestPrio = defaultOverridePriority;
      }
    else
      {
        values = sortProperties strongest.values;
        inherit (strongest) highestPrio;
      };

  # A read-only option has one definition, its default included.
  throwReadOnly =
    loc: type: defs:
    let
      each = map (def: def // { value = (mergeDefinitions loc type [ def ]).mergedValue; }) defs;
    in
    throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs each}";
in
{
  mergeDefinitions =
    loc: type: defs:
    rec {
      defsFinal' = winningDefinitions defs;
      defsFinal = defsFinal'.values;
      isDefined = defsFinal != [ ];
      optionalValue = if isDefined then { value = mergedValue; } else { };

      checkedAndMerged =
        if type.merge ? v2 then
          let
            merged = lib.types.throwUnlessCoherent loc type (
              type.merge.v2 {
                inherit loc;
                defs = defsFinal;
              }
            );
          in
          {
            inherit (merged) headError value;
            valueMeta = merged.valueMeta // {
              _internal = { inherit type; };
            };
          }
        else
          {
            headError = null;
            value = mergedValue;
            valueMeta = { };
          };

      mergedValue =
        let
          notOfType = "A definition for option `${showOption loc}' is not of type `${type.description}'.";
        in
        if !isDefined then
          type.emptyValue.value
            or (throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if type.merge ? v2 then
          if checkedAndMerged.headError == null then
            checkedAndMerged.value
          else
            throw "${notOfType} TypeError: ${checkedAndMerged.headError.message}"
        else if all (def: type.check def.value) defsFinal then
          type.merge loc defsFinal
        else
          throw "${notOfType} Definition values:${showDefs (filter (def: !type.check def.value) defsFinal)}";
    };

  evalOptionValue =
    loc: opt: defs:
    let
      inherit (opt) type;
      # The default is the weakest definition, made by the module that declares the option.
      withDefault =
        lib.optional (opt ? default) {
          file = head opt.declarations;
          value = mkOptionDefault opt.default;
        }
        ++ defs;
      merged =
        if opt.readOnly or false && length withDefault > 1 then
          throwReadOnly loc type withDefault
        else
          mergeDefinitions loc type withDefault;
      value = if opt ? apply then opt.apply merged.mergedValue else merged.mergedValue;
      warnDeprecated =
        lib.warnIf (type.deprecationMessage != null)
          "The type `types.${type.name}' of option `${showOption loc}' defined in ${showFiles opt.declarations} is deprecated. ${type.deprecationMessage}";
    in
    warnDeprecated opt
    // {
      value = addErrorContext "while evaluating the option `${showOption loc}':" value;
      inherit (merged.defsFinal') highestPrio;
      definitions = map (def: def.value) merged.defsFinal;
      files = map (def: def.file) merged.defsFinal;
      definitionsWithLocations = merged.defsFinal;
      inherit (merged) isDefined;
      inherit (merged.checkedAndMerged) valueMeta;
      __toString = _: showOption loc;
    };

  # The attributes of an `attrsOf` option, each with the priority of its own definitions.
  mergeAttrDefinitionsWithPrio =
    opt:
    let
      byFile =
        { value, ... }@def:
        map (builtins.mapAttrs (_: value: def // { inherit value; })) (pushDownProperties value);
    in
    builtins.mapAttrs (
      name: defs:
      let
        merged = mergeDefinitions (opt.loc ++ [ name ]) opt.type.nestedTypes.elemType defs;
      in
      {
        value = merged.mergedValue;
        inherit (merged.defsFinal') highestPrio;
      }
    ) (lib.zipAttrs (concatMap byFile opt.definitionsWithLocations));
}
