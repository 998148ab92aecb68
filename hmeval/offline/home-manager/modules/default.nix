# A Home Manager configuration, evaluated and checked. The arguments and the result are those of
# Home Manager's own `modules/default.nix`.
{
  configuration,
  pkgs,
  lib ? pkgs.lib,
  minimal ? false,
  check ? true,
  extraSpecialArgs ? { },
}:

let
  hmLib = import ./lib/stdlib-extended.nix lib;

  evaluated = hmLib.evalModules {
    class = "homeManager";
    modules = [
      configuration
    ]
    ++ import ./modules.nix {
      inherit check minimal pkgs;
      lib = hmLib;
    };
    specialArgs = {
      modulesPath = toString ./.;
    }
    // extraSpecialArgs;
  };

  throwIfAssertionFails =
    result:
    let
      failed = builtins.filter (assertion: !assertion.assertion) result.config.assertions;
    in
    if failed == [ ] then
      result
    else
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (assertion: "- ${assertion.message}") failed}";

  traceWarnings =
    warnings: value:
    lib.foldr (warning: builtins.trace "warning: ${warning}") value warnings;

  # Looking at any attribute of the result checks the whole configuration.
  checked =
    raw:
    let
      result = traceWarnings raw.config.warnings (throwIfAssertionFails raw);
    in
    result
    // {
      inherit (result.config.home) activationPackage;
      activation-script = result.config.home.activationPackage;
      inherit (result._module.args) pkgs;
      newsDisplay = raw.config.news.display;
      newsEntries = lib.sort (a: b: a.time > b.time) (
        builtins.filter (entry: entry.condition) raw.config.news.entries
      );
      extendModules = arguments: checked (raw.extendModules arguments);
    };
in
checked evaluated
