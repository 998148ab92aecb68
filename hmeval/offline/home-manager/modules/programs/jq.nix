# jq.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) types;
  cfg = config.programs.jq;

  # In the order in which jq expects them.
  kinds = [
    "null"
    "false"
    "true"
    "numbers"
    "strings"
    "arrays"
    "objects"
    "objectKeys"
  ];
  colour =
    kind:
    lib.mkOption {
      type = types.str;
      visible = false;
      description = "The colour of ${kind}, as the number of a terminal's style.";
    };
in
{
  options.programs.jq = {
    enable = lib.mkEnableOption "jq";
    package = lib.mkPackageOption pkgs "jq" { nullable = true; };
    colors = lib.mkOption {
      type = types.nullOr (types.submodule { options = lib.genAttrs kinds colour; });
      default = null;
      description = "The colours of the output; `null` for jq's own.";
    };
  };

  config = lib.mkIf cfg.enable {
    home.packages = lib.mkIf (cfg.package != null) [ cfg.package ];
    home.sessionVariables = lib.mkIf (cfg.colors != null) {
      JQ_COLORS = lib.concatMapStringsSep ":" (kind: cfg.colors.${kind}) kinds;
    };
  };
}
