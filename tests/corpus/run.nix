# Evaluates the cases of a theme, with whichever library it is given.
#
# A case is a set with either `modules` (and, as far as it needs them, `specialArgs`, `class`,
# `prefix`, and `select`, a function of the evaluation, its `config` by default) or `value`. It says
# what it comes to: `expected`, or `fails` (the kind of error) and `message` (a part of it).
{
  libPath,
  # Home Manager, for the theme that needs `lib.hm`.
  homeManager ? null,
  theme,
}:

let
  nixpkgsLib = import libPath;
  lib =
    if homeManager == null then
      nixpkgsLib
    else
      import (homeManager + "/modules/lib/stdlib-extended.nix") nixpkgsLib;

  cases = import (./. + "/${theme}.nix") { inherit lib; };

  evaluate =
    case:
    let
      evaluation = lib.evalModules (
        {
          inherit (case) modules;
        }
        // builtins.intersectAttrs {
          specialArgs = null;
          class = null;
          prefix = null;
        } case
      );
    in
    case.value or ((case.select or (evaluation: evaluation.config)) evaluation);

  succeeding = lib.filterAttrs (_: case: case ? expected) cases;
  failing = lib.filterAttrs (_: case: case ? fails) cases;

  # nix-instantiate evaluates no set strictly that says it is a derivation or calls itself a function.
  forced = value: builtins.deepSeq value value;
in
{
  outcomes = lib.mapAttrs (_: case: {
    actual = evaluate case;
    inherit (case) expected;
  }) succeeding;

  failures = lib.mapAttrs (_: case: { inherit (case) fails message; }) failing;

  # One at a time: an error that is no exception ends the process.
  one = lib.mapAttrs (_: case: forced (evaluate case)) failing;

  # Whether Nix code can catch the error, as it can a throw and a failed assertion. Only the cases
  # that expect one of these: another ends the process.
  caught = lib.mapAttrs (_: case: !(builtins.tryEval (forced (evaluate case))).success) (
    lib.filterAttrs (_: case: case.fails == "throw" || case.fails == "assertion") failing
  );
}
