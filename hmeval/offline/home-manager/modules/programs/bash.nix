# Bash.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    mkIf
    mkOption
    optionalAttrs
    types
    ;
  cfg = config.programs.bash;

  variable = types.nullOr (
    types.oneOf [
      types.str
      types.path
      types.int
      types.float
      types.bool
    ]
  );
  lines =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
  sizeOption =
    default: description:
    mkOption {
      type = types.nullOr types.int;
      inherit default description;
    };

  script = name: text: pkgs.writeTextFile { inherit name text; };

  history =
    optionalAttrs (cfg.historyFileSize != null) { HISTFILESIZE = toString cfg.historyFileSize; }
    // optionalAttrs (cfg.historySize != null) { HISTSIZE = toString cfg.historySize; }
    // optionalAttrs (cfg.historyFile != null) { HISTFILE = "\"${cfg.historyFile}\""; }
    // optionalAttrs (cfg.historyControl != [ ]) {
      HISTCONTROL = lib.concatStringsSep ":" cfg.historyControl;
    }
    // optionalAttrs (cfg.historyIgnore != [ ]) {
      HISTIGNORE = lib.escapeShellArg (lib.concatStringsSep ":" cfg.historyIgnore);
    };
  shopt =
    option:
    if lib.hasPrefix "-" option then
      "shopt -u ${lib.removePrefix "-" option}"
    else
      "shopt -s ${option}";
  alias = name: command: "alias -- ${name}=${lib.escapeShellArg command}";
in
{
  options.programs.bash = {
    enable = lib.mkEnableOption "bash";
    package = lib.mkPackageOption pkgs "bash" {
      nullable = true;
      default = "bashInteractive";
    };
    enableCompletion = mkOption {
      type = types.bool;
      default = true;
      description = "Whether interactive shells complete the arguments of commands.";
    };
    enableVteIntegration = lib.mkEnableOption "" // {
      description = "Whether to tell terminals that are made with VTE in which folder the shell is.";
    };
    historySize = sizeOption 10000 "How many commands a session remembers.";
    historyFileSize = sizeOption 100000 "How many commands the history file keeps.";
    historyFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The history file; `null` for bash's own choice.";
    };
    historyControl = mkOption {
      type = types.listOf (
        types.enum [
          "erasedups"
          "ignoredups"
          "ignorespace"
          "ignoreboth"
        ]
      );
      default = [ ];
      description = "Which commands are left out of the history.";
    };
    historyIgnore = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "ls"
        "exit"
      ];
      description = "Patterns of commands that are left out of the history.";
    };
    shellOptions = mkOption {
      type = types.listOf types.str;
      default = [
        "histappend"
        "extglob"
        "globstar"
        "checkjobs"
      ];
      example = [
        "extglob"
        "-cdspell"
      ];
      description = "Options of {command}`shopt` to set, or to unset with a dash before the name.";
    };
    sessionVariables = mkOption {
      type = types.lazyAttrsOf variable;
      default = { };
      example = {
        MAILCHECK = 60;
      };
      description = "Variables of bash's sessions; `null` leaves one unset.";
    };
    shellAliases = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = {
        ".." = "cd ..";
      };
      description = "Aliases, by name.";
    };
    profileExtra = lines "Commands for login shells.";
    initExtra = lines "Commands for interactive shells.";
    bashrcExtra = lines "Commands at the start of {file}`~/.bashrc`, for all shells that read it.";
    logoutExtra = lines "Commands for the end of a login shell.";
  };

  config = mkIf cfg.enable {
    home.packages = mkIf (cfg.package != null) [ cfg.package ];

    # Before all other code for interactive shells, which may add completions of its own.
    programs.bash.initExtra = mkIf cfg.enableCompletion (
      lib.mkOrder 100 ''
        if [[ ! -v BASH_COMPLETION_VERSINFO ]]; then
          . "${pkgs.bash-completion}/etc/profile.d/bash_completion.sh"
        fi
      ''
    );

    home.file = {
      ".bash_profile".source = script "bash_profile" ''
        [[ -f ~/.profile ]] && . ~/.profile
        [[ -f ~/.bashrc ]] && . ~/.bashrc
      '';
      ".profile".source = script "profile" ''
        . "${config.home.sessionVariablesPackage}/etc/profile.d/hm-session-vars.sh"
        ${config.lib.shell.exportAll cfg.sessionVariables}
        ${cfg.profileExtra}
      '';
      ".bashrc".source = script "bashrc" ''
        ${cfg.bashrcExtra}
        # The rest is for interactive shells.
        [[ $- == *i* ]] || return

        ${lib.concatMapAttrsStringSep "\n" (name: value: "${name}=${value}") history}
        ${lib.optionalString (cfg.historyFile != null) ''mkdir -p "$(dirname "$HISTFILE")"''}
        ${lib.concatMapStringsSep "\n" shopt cfg.shellOptions}
        ${lib.concatMapAttrsStringSep "\n" alias cfg.shellAliases}
        ${cfg.initExtra}
      '';
      ".bash_logout" = mkIf (cfg.logoutExtra != "") {
        source = script "bash_logout" cfg.logoutExtra;
      };
    };
  };
}
