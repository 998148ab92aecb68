# The `home-manager` command.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.programs.home-manager;
in
{
  options.programs.home-manager = {
    enable = lib.mkEnableOption "the {command}`home-manager` command";
    path = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "$HOME/src/home-manager";
      description = "The Home Manager that the command uses; `null` for the channel of that name.";
    };
    package = mkOption {
      type = types.package;
      readOnly = true;
      default = pkgs.home-manager;
      defaultText = lib.literalExpression "pkgs.home-manager";
      description = "The package of the command.";
    };
  };

  config = lib.mkIf (cfg.enable && !config.submoduleSupport.enable) {
    home.packages = [ cfg.package ];
  };
}
