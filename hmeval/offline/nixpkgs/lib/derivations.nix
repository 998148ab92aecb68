# Derivations whose attributes are needed before the derivation itself is.
{ lib }:

{
  lazyDerivation =
    {
      derivation,
      meta ? derivation.meta or { },
      passthru ? { },
      outputs ? [ "out" ],
    }:
    lib.genAttrs outputs (output: derivation.${output})
    // {
      type = "derivation";
      inherit (derivation)
        drvPath
        name
        outPath
        outputName
        system
        ;
      inherit outputs meta;
    }
    // passthru;
  optionalDrvAttr = condition: value: if condition then value else null;
}
