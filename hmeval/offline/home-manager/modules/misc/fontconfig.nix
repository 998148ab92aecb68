# Fonts.
{
  config,
  lib,
  nixosConfig,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.fonts.fontconfig;

  families =
    kind:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "The ${kind} fonts to use by default, the preferred one first.";
    };
  choice =
    values: attrs:
    mkOption (
      {
        type = types.nullOr values;
        default = null;
      }
      // attrs
    );

  defaults = lib.filterAttrs (_: fonts: fonts != [ ]) {
    monospace = cfg.defaultFonts.monospace;
    sans-serif = cfg.defaultFonts.sansSerif;
    serif = cfg.defaultFonts.serif;
    emoji = cfg.defaultFonts.emoji;
  };
  alias = family: fonts: ''
    <alias binding="same"><family>${family}</family><prefer>${
      lib.concatMapStrings (font: "<family>${lib.escapeXML font}</family>") fonts
    }</prefer></alias>
  '';
in
{
  imports = [
    (lib.mkRenamedOptionModule
      [ "fonts" "fontconfig" "enableProfileFonts" ]
      [ "fonts" "fontconfig" "enable" ]
    )
  ];

  options.fonts.fontconfig = {
    enable = mkOption {
      type = types.bool;
      default =
        nixosConfig != null
        && nixosConfig.home-manager.useUserPackages
        && nixosConfig.fonts.fontconfig.enable;
      defaultText = lib.literalExpression "nixosConfig.fonts.fontconfig.enable, with `useUserPackages'; else false";
      description = "Whether fonts among the user's packages are found.";
    };
    defaultFonts = {
      monospace = families "monospaced";
      sansSerif = families "sans-serif";
      serif = families "serif";
      emoji = families "emoji";
    };
    antialiasing = choice types.bool {
      example = true;
      description = "Whether outlines are smoothed.";
    };
    hinting =
      choice
        (types.enum [
          "none"
          "slight"
          "medium"
          "full"
        ])
        {
          example = "slight";
          description = "How far outlines are fitted to the pixels.";
        };
    subpixelRendering =
      choice
        (types.enum [
          "none"
          "rgb"
          "bgr"
          "vertical-rgb"
          "vertical-bgr"
        ])
        {
          example = "rgb";
          description = "The order of colours within a pixel of the screen.";
        };
  };

  config = lib.mkIf cfg.enable {
    home.extraProfileCommands = "${pkgs.fontconfig}/bin/fc-cache --force\n";
    xdg.configFile = {
      "fontconfig/conf.d/10-hm-fonts.conf".text = ''
        <?xml version="1.0"?>
        <fontconfig><dir>${config.home.profileDirectory}/share/fonts</dir></fontconfig>
      '';
      "fontconfig/conf.d/52-hm-default-fonts.conf".text = ''
        <?xml version="1.0"?>
        <fontconfig>
        ${lib.concatStrings (lib.mapAttrsToList alias defaults)}</fontconfig>
      '';
    };
  };
}
