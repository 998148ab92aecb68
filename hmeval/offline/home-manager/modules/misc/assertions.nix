# What modules say about the configuration and about themselves.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  list =
    type: description:
    mkOption {
      type = types.listOf type;
      default = [ ];
      internal = true;
      inherit description;
    };
in
{
  options = {
    assertions = list types.unspecified "Conditions that must hold, each with the message for when it does not.";
    warnings = list types.str "What to tell the user about a configuration that is accepted.";
    meta = {
      maintainers = list types.unspecified "Who looks after the module.";
      teams = list types.unspecified "Which teams look after the module.";
      doc = mkOption {
        type = types.nullOr types.unspecified;
        default = null;
        internal = true;
        description = "The module's chapter in the manual.";
      };
    };
  };
}
