# Nix itself, as the system has it.
{ lib, pkgs, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.nix = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the system has Nix.";
    };
    package = mkOption {
      type = types.package;
      default = pkgs.nix;
      defaultText = lib.literalExpression "pkgs.nix";
      description = "The system's Nix.";
    };
    settings = mkOption {
      type = types.attrsOf (types.either types.bool (types.listOf types.str));
      default = { };
      example = {
        experimental-features = [
          "nix-command"
          "flakes"
        ];
      };
      description = "What stands in {file}`/etc/nix/nix.conf`.";
    };
  };
}
