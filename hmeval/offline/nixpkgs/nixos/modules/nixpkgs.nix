# The packages that the system's modules see.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
  cfg = config.nixpkgs;
in
{
  options.nixpkgs = {
    config = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      example = {
        allowUnfree = true;
      };
      description = "Settings of nixpkgs.";
    };
    overlays = mkOption {
      type = types.listOf (types.functionTo types.unspecified);
      default = [ ];
      description = "Changes to the packages.";
    };
    hostPlatform = mkOption {
      type = types.str;
      default = cfg.system;
      defaultText = lib.literalExpression "config.nixpkgs.system";
      example = "aarch64-linux";
      description = "The platform that the system runs on.";
    };
    system = mkOption {
      type = types.str;
      internal = true;
      example = "x86_64-linux";
      description = "The platform, as it was given before {option}`nixpkgs.hostPlatform`.";
    };
  };

  config._module.args.pkgs = import ../.. {
    inherit (cfg) config overlays;
    system = cfg.hostPlatform;
  };
}
