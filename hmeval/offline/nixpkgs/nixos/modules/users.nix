# The people, and services, that have an account.
{ lib, pkgs, ... }:

let
  inherit (lib) mkOption types;

  user =
    { name, config, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
          defaultText = lib.literalMD "the attribute's name";
          description = "The login name.";
        };
        description = mkOption {
          type = types.str;
          default = "";
          example = "Alice Q. User";
          description = "The full name.";
        };
        uid = mkOption {
          type = types.nullOr types.int;
          default = null;
          description = "The number of the account; `null` for the next that is free.";
        };
        isNormalUser = mkOption {
          type = types.bool;
          default = false;
          description = "Whether this is a person.";
        };
        home = mkOption {
          type = types.str;
          default = if config.isNormalUser then "/home/${config.name}" else "/var/empty";
          defaultText = lib.literalMD "{file}`/home/NAME` for a person";
          description = "The home folder.";
        };
        shell = mkOption {
          type = types.package;
          default = pkgs.bashInteractive;
          defaultText = lib.literalExpression "pkgs.bashInteractive";
          description = "The login shell.";
        };
        extraGroups = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "wheel" ];
          description = "The groups that the user is in, beside the own one.";
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
