# htop.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) types;
  cfg = config.programs.htop;

  # The columns that htop shows by default, by number.
  defaultFields = [
    0
    48
    17
    18
    38
    39
    40
    2
    46
    47
    49
    1
  ];
  # htop takes what follows the layout of the header according to it.
  first = lib.optionalAttrs (cfg.settings ? header_layout) { inherit (cfg.settings) header_layout; };
  rest = { fields = defaultFields; } // removeAttrs cfg.settings (builtins.attrNames first);
  line =
    name: value:
    "${name}=${if builtins.isBool value then (if value then "1" else "0") else toString value}";
in
{
  options.programs.htop = {
    enable = lib.mkEnableOption "htop";
    package = lib.mkPackageOption pkgs "htop" { };
    settings = lib.mkOption {
      type = types.attrsOf (
        types.oneOf [
          types.bool
          types.int
          types.str
          (types.listOf (types.either types.int types.str))
        ]
      );
      default = { };
      example = {
        tree_view = true;
      };
      description = "Lines of {file}`htoprc`.";
    };
  };

  config = lib.mkIf cfg.enable {
    home.packages = [ cfg.package ];
    xdg.configFile.htop = lib.mkIf (cfg.settings != { }) {
      source = pkgs.writeTextDir "htoprc" (
        lib.concatLines (lib.mapAttrsToList line first ++ lib.mapAttrsToList line rest)
      );
    };
  };
}
