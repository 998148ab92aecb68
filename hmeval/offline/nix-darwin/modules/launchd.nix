# Services, and a program that starts one.
{ lib, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.launchd.daemons = mkOption {
    type = types.attrsOf (
      types.submodule {
        options = {
          command = mkOption {
            type = types.str;
            default = "";
            description = "The command line.";
          };
          serviceConfig = mkOption {
            type = types.attrsOf types.anything;
            default = { };
            description = "Keys of the property list.";
          };
        };
      }
    );
    default = { };
    description = "The system's services.";
  };
}
