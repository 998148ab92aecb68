# The library with which bash and others read lines.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
  cfg = config.programs.readline;
  inherit (config.home) preferXdgDirectories;

  valueText = value: if builtins.isBool value then (if value then "on" else "off") else toString value;
  setVariable = name: value: "set ${name} ${valueText value}";
  # A key is given by its name, or by the characters that it sends.
  isKeyName =
    key:
    builtins.elem (builtins.head (lib.splitString "-" (lib.toLower key))) [
      "control"
      "meta"
    ];
  bind = key: action: if isKeyName key then "${key}: ${action}" else "\"${key}\": ${action}";

  settings =
    lib.optional cfg.includeSystemConfig "$include /etc/inputrc"
    ++ lib.mapAttrsToList setVariable cfg.variables
    ++ lib.mapAttrsToList bind cfg.bindings;
  text = "\n${lib.concatStringsSep "\n" settings}\n${cfg.extraConfig}\n";
in
{
  options.programs.readline = {
    enable = lib.mkEnableOption "readline";
    bindings = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = {
        "Control-h" = "backward-kill-word";
      };
      description = "What keys do, by key.";
    };
    variables = mkOption {
      type = types.attrsOf (types.either types.str (types.either types.int types.bool));
      default = { };
      example = {
        editing-mode = "vi";
      };
      description = "Readline's variables.";
    };
    includeSystemConfig = mkOption {
      type = types.bool;
      default = true;
      description = "Whether {file}`/etc/inputrc` is read first.";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Lines at the end of the file.";
    };
  };

  config = lib.mkIf cfg.enable {
    home.file.".inputrc" = lib.mkIf (!preferXdgDirectories) { inherit text; };
    xdg.configFile.inputrc = lib.mkIf preferXdgDirectories { inherit text; };
    home.sessionVariables = lib.mkIf preferXdgDirectories {
      INPUTRC = "${config.xdg.configHome}/inputrc";
    };
  };
}
