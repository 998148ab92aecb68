# Packages and variables: what a login shell finds.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    literalExpression
    mkEnableOption
    mkOption
    types
    ;
  cfg = config.home;

  variable = types.nullOr (
    types.oneOf [
      types.str
      types.path
      types.int
      types.float
      types.bool
    ]
  );

  internalLines =
    description:
    mkOption {
      type = types.lines;
      default = "";
      internal = true;
      inherit description;
    };
in
{
  imports = [
    (lib.mkRemovedOptionModule [ "home" "sessionVariableSetter" ] ''
      The variables are set by the shell: by one that Home Manager configures, or by sourcing
      `etc/profile.d/hm-session-vars.sh` of the profile.
    '')
  ];

  options.home = {
    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "The packages to install into the user's profile.";
    };
    extraOutputsToInstall = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "doc"
        "info"
      ];
      description = "Outputs of the packages to install beside those that are by default.";
    };
    extraDependencies = mkOption {
      type = types.listOf types.pathInStore;
      default = [ ];
      description = "Store paths to keep as long as the configuration, without installing them.";
    };
    checks = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages that must build for the configuration to build.";
    };
    path = mkOption {
      internal = true;
      description = "The environment made of the packages.";
    };
    profileDirectory = mkOption {
      type = types.path;
      readOnly = true;
      default =
        if config.submoduleSupport.enable && config.submoduleSupport.externalPackageInstall then
          "/etc/profiles/per-user/${cfg.username}"
        else if config.nix.useXdg then
          "${config.xdg.stateHome}/nix/profile"
        else
          "${cfg.homeDirectory}/.nix-profile";
      defaultText = lib.literalMD "`~/.nix-profile`, or where the system or `nix.useXdg` put the profile";
      description = "The profile in which the packages are found.";
    };
    shellAliases = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = literalExpression ''{ ll = "ls -l"; }'';
      description = "Aliases for every shell that Home Manager configures.";
    };
    sessionVariables = mkOption {
      type = types.lazyAttrsOf variable;
      default = { };
      example = {
        EDITOR = "vim";
      };
      description = ''
        Variables set at login. Their order is not defined, so one must not refer to another at run
        time; refer to it in Nix. `null` leaves a variable unset.
      '';
    };
    sessionVariablesExtra = internalLines "Shell code at the end of the file that sets the variables.";
    sessionVariablesPackage = mkOption {
      type = types.package;
      internal = true;
      description = "The package of the file that sets the variables.";
    };
    sessionPath = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "$HOME/.local/bin" ];
      description = "Folders put before those in {env}`PATH`; `$HOME` and the like are expanded.";
    };
    sessionSearchVariables = mkOption {
      type = types.attrsOf (types.listOf types.str);
      default = { };
      example = {
        MANPATH = [ "$HOME/.local/share/man" ];
      };
      description = "Folders put before those in other variables that hold a search path.";
    };
    extraProfileCommands = internalLines "Shell code run where the profile is built.";
    preferXdgDirectories = mkEnableOption "" // {
      description = "Whether programs that can should keep their files in the XDG folders.";
    };
    enableDebugInfo = mkEnableOption "" // {
      description = "Whether to install the debugging symbols of packages that have them.";
    };
  };

  config = {
    programs.bash.shellAliases = cfg.shellAliases;

    home = {
      sessionSearchVariables.PATH = lib.mkIf (cfg.sessionPath != [ ]) cfg.sessionPath;
      extraOutputsToInstall = lib.mkIf cfg.enableDebugInfo [ "debug" ];

      sessionVariablesPackage = pkgs.writeTextFile {
        name = "hm-session-vars.sh";
        destination = "/etc/profile.d/hm-session-vars.sh";
        text = ''
          # Once per session.
          [ -n "''${__HM_SESS_VARS_SOURCED-}" ] && return
          export __HM_SESS_VARS_SOURCED=1

          ${config.lib.shell.exportAll cfg.sessionVariables}
          ${lib.concatStringsSep "\n" (
            lib.mapAttrsToList (
              name: values: config.lib.shell.export name (config.lib.shell.prependToVar ":" name values)
            ) cfg.sessionSearchVariables
          )}
          ${cfg.sessionVariablesExtra}'';
      };

      packages = [ cfg.sessionVariablesPackage ];
      path = pkgs.buildEnv {
        name = "home-manager-path";
        paths = cfg.packages;
        inherit (cfg) extraOutputsToInstall;
        postBuild = cfg.extraProfileCommands;
        meta.description = "The packages of a Home Manager configuration";
      };
    };
  };
}
