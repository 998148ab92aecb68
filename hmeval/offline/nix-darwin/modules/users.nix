# The accounts that nix-darwin knows of.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  user =
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
          defaultText = lib.literalMD "the attribute's name";
          description = "The login name.";
        };
        uid = mkOption {
          type = types.int;
          description = "The number of the account.";
        };
        home = mkOption {
          type = types.nullOr types.path;
          default = null;
          example = "/Users/alice";
          description = "The home folder; `null` leaves it to macOS.";
        };
        packages = mkOption {
          type = types.listOf types.package;
          default = [ ];
          description = "The packages that only this user has.";
        };
      };
    };
in
{
  options.users.users = mkOption {
    type = types.attrsOf (types.submodule user);
    default = { };
    description = "The accounts.";
  };
}
