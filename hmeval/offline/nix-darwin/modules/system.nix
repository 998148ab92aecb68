# The system as a whole.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  failed = builtins.filter (assertion: !assertion.assertion) config.assertions;
in
{
  options = {
    networking.hostName = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "laptop";
      description = "The machine's name; `null` leaves it alone.";
    };
    system = {
      stateVersion = mkOption {
        type = types.ints.between 1 6;
        default = 6;
        description = "The version of nix-darwin with which this system was begun.";
      };
      primaryUser = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "Whom settings of a user, among the system's, are for.";
      };
      defaults.dock.autohide = mkOption {
        type = types.nullOr types.bool;
        default = null;
        description = "Whether the dock hides; `null` leaves it alone.";
      };
      activationScripts = mkOption {
        type = types.attrsOf (
          types.submodule {
            options.text = mkOption {
              type = types.lines;
              default = "";
              description = "Lines of the script.";
            };
          }
        );
        default = { };
        internal = true;
        description = "What activation runs.";
      };
      build.toplevel = mkOption {
        type = types.package;
        internal = true;
        readOnly = true;
        description = "The whole system.";
      };
    };
  };

  # Only here, at the very end, the assertions are checked.
  config.system.build.toplevel =
    if failed == [ ] then
      pkgs.writeText "darwin-system" config.system.activationScripts.postActivation.text
    else
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (each: "- ${each.message}") failed}";
}
