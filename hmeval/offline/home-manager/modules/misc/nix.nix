# Nix itself, as far as other modules ask.
{
  config,
  lib,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.nix;
in
{
  options.nix = {
    enable = mkOption {
      type = types.bool;
      default = true;
      visible = false;
      description = "Whether Nix is configured for the user at all.";
    };
    package = mkOption {
      type = types.nullOr types.package;
      default = null;
      example = lib.literalExpression "pkgs.nix";
      description = "The Nix for which the configuration is written; `null` for the system's.";
    };
    assumeXdg = mkOption {
      type = types.bool;
      default = false;
      description = "Whether Nix is known to keep its files in the XDG folders.";
    };
    useXdg = mkOption {
      type = types.bool;
      readOnly = true;
      default = cfg.assumeXdg;
      defaultText = lib.literalMD "what {option}`nix.assumeXdg` says";
      visible = false;
      description = "Whether the profile is in the XDG folder for state.";
    };
    keepOldNixPath = mkOption {
      type = types.bool;
      default = true;
      description = "Whether {env}`NIX_PATH` keeps the entries that it had.";
    };
    nixPath = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "nixpkgs=/home/alice/nixpkgs" ];
      description = "Where `<name>` is looked up, put before other entries of {env}`NIX_PATH`.";
    };
    extraOptions = mkOption {
      type = types.lines;
      default = "";
      example = "keep-outputs = true";
      description = "Lines for the user's {file}`nix.conf`.";
    };
  };

  config = lib.mkIf cfg.enable {
    home.sessionVariables = lib.mkIf (cfg.nixPath != [ ]) {
      NIX_PATH = "${lib.concatStringsSep ":" cfg.nixPath}${
        lib.optionalString cfg.keepOldNixPath "\${NIX_PATH:+:$NIX_PATH}"
      }";
    };
    xdg.configFile."nix/nix.conf" = lib.mkIf (cfg.extraOptions != "") {
      text = cfg.extraOptions;
    };
  };
}
