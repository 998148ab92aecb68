# What modules say about the configuration.
{ lib, ... }:

let
  list =
    type: description:
    lib.mkOption {
      type = lib.types.listOf type;
      default = [ ];
      internal = true;
      inherit description;
    };
in
{
  options = {
    assertions = list lib.types.unspecified "Conditions that must hold, each with the message for when it does not.";
    warnings = list lib.types.str "What to tell about a configuration that is accepted.";
  };
}
