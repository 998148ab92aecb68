# What every user finds on the system.
{ lib, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.fonts.fontconfig.enable = mkOption {
    type = types.bool;
    default = true;
    description = "Whether programs find fonts by way of fontconfig.";
  };
  options.environment = {
    systemPackages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.vim ]";
      description = "The packages that every user has.";
    };
    pathsToLink = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "/share/doc" ];
      description = "The folders of packages that are linked into the system's profile.";
    };
    variables = mkOption {
      type = types.attrsOf (types.either types.str types.path);
      default = { };
      example = {
        EDITOR = "vi";
      };
      description = "Environment variables for everybody.";
    };
  };
}
