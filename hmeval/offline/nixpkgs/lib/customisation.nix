# Functions that remember their arguments, and scopes in which packages find each other.
{ lib }:

let
  inherit (builtins) intersectAttrs isAttrs mapAttrs;
in
rec {
  makeOverridable =
    f:
    lib.mirrorFunctionArgs f (
      arguments:
      let
        result = f arguments;
        again = new: arguments // (if lib.isFunction new then new arguments else new);
      in
      if isAttrs result then
        result // { override = new: makeOverridable f (again new); }
      else
        result
    );

  callPackageWith =
    available: f: arguments:
    let
      function = if lib.isFunction f then f else import f;
    in
    makeOverridable function (intersectAttrs (lib.functionArgs function) available // arguments);
  callPackagesWith =
    available: f: arguments:
    let
      function = if lib.isFunction f then f else import f;
    in
    function (intersectAttrs (lib.functionArgs function) available // arguments);

  makeScope =
    newScope: f:
    let
      self = f self // {
        newScope = scope: newScope (self // scope);
        callPackage = self.newScope { };
        overrideScope = overlay: makeScope newScope (lib.extends overlay f);
        packages = f;
      };
    in
    self;

  extendDerivation =
    condition: passthru: drv:
    lib.mapAttrs (_: value: assert condition; value) drv // passthru;
  overrideDerivation = drv: f: drv.overrideAttrs f;
  hydraJob = drv: mapAttrs (_: value: value) drv;
}
