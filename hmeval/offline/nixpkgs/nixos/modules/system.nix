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
      type = types.str;
      default = "nixos";
      description = "The machine's name.";
    };
    time.timeZone = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "Europe/Helsinki";
      description = "The time zone; `null` for one that can be changed.";
    };
    system = {
      stateVersion = mkOption {
        type = types.str;
        default = lib.trivial.release;
        defaultText = lib.literalExpression "lib.trivial.release";
        example = "26.05";
        description = "The release with which this system was begun.";
      };
      userActivationScripts = mkOption {
        type = types.attrsOf types.unspecified;
        default = { };
        description = "What is run for each user when the system is activated.";
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
      pkgs.writeText "nixos-system-${config.networking.hostName}" (builtins.toJSON config.environment.variables)
    else
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (each: "- ${each.message}") failed}";
}
