# Command lines from attribute sets.
{ lib }:

rec {
  # { X = "PUT"; data = [ "a" "b" ]; verbose = true; } → [ "-X" "PUT" "--data" "a" … "--verbose" ]
  toCommandLineGNU =
    {
      isLong ? name: builtins.stringLength name > 1,
      explicitBool ? false,
      formatArg ? lib.generators.mkValueStringDefault { },
    }:
    set:
    let
      flag = name: if isLong name then "--${name}" else "-${name}";
      assigned =
        name: value: "${flag name}${lib.optionalString (isLong name) "="}${formatArg value}";
      render =
        name: value:
        if value == null || (value == false && !explicitBool) then
          [ ]
        else if value == true && !explicitBool then
          [ (flag name) ]
        else if builtins.isList value then
          lib.concatMap (render name) value
        else
          [ (assigned name value) ];
    in
    lib.concatLists (lib.mapAttrsToList render set);
  toCommandLineShellGNU = options: set: lib.escapeShellArgs (toCommandLineGNU options set);

  toGNUCommandLine =
    {
      mkOptionName ? name: if builtins.stringLength name == 1 then "-${name}" else "--${name}",
      mkBool ? name: value: lib.optional value (mkOptionName name),
      mkList ? name: values: lib.concatMap (mkOption name) values,
      mkOption ?
        name: value:
        if value == null then
          [ ]
        else
          [
            (mkOptionName name)
            (lib.generators.mkValueStringDefault { } value)
          ],
      optionValueSeparator ? null,
    }:
    set:
    let
      render =
        name: value:
        if builtins.isBool value then
          mkBool name value
        else if builtins.isList value then
          mkList name value
        else if optionValueSeparator != null && value != null then
          [ "${mkOptionName name}${optionValueSeparator}${lib.generators.mkValueStringDefault { } value}" ]
        else
          mkOption name value;
    in
    lib.concatLists (lib.mapAttrsToList render set);
  toGNUCommandLineShell = options: set: lib.escapeShellArgs (toGNUCommandLine options set);
}
