# The folders of the XDG base directory specification, and files in them.
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
    mkOptionDefault
    types
    ;
  cfg = config.xdg;
  inherit (config.home) homeDirectory stateVersion;
  inherit (import ./file-type.nix { inherit homeDirectory lib pkgs; }) fileType;

  # Kind → its usual place below the home folder, its variable, and what it is for.
  folders = {
    bin = {
      place = ".local/bin";
      variable = "XDG_BIN_HOME";
      holds = "the user's own programs";
    };
    cache = {
      place = ".cache";
      variable = "XDG_CACHE_HOME";
      holds = "what programs can compute again";
    };
    config = {
      place = ".config";
      variable = "XDG_CONFIG_HOME";
      holds = "the configuration of programs";
    };
    data = {
      place = ".local/share";
      variable = "XDG_DATA_HOME";
      holds = "what programs keep for the user";
    };
    state = {
      place = ".local/state";
      variable = "XDG_STATE_HOME";
      holds = "what programs keep between runs";
    };
  };

  variables = lib.mapAttrs' (
    kind: folder: lib.nameValuePair folder.variable cfg."${kind}Home"
  ) folders;

  homeOption =
    kind: folder:
    lib.nameValuePair "${kind}Home" (mkOption {
      type = types.path;
      defaultText = "~/${folder.place}";
      apply = toString;
      description = "The absolute path of the folder for ${folder.holds}.";
    });
  fileOption =
    kind: folder:
    lib.nameValuePair "${kind}File" (mkOption {
      type = fileType "xdg.${kind}File" "{var}`xdg.${kind}Home`" cfg."${kind}Home";
      default = { };
      description = "Files to link into the folder for ${folder.holds}.";
    });

  withFiles = removeAttrs folders [ "bin" ];

  # Until 20.09, what the environment said came first.
  isLegacy = !cfg.enable && lib.versionOlder stateVersion "20.09";
  defaultHome =
    folder:
    let
      fromEnvironment = builtins.getEnv folder.variable;
    in
    if isLegacy && fromEnvironment != "" then fromEnvironment else "${homeDirectory}/${folder.place}";
in
{
  options.xdg = {
    enable = lib.mkEnableOption "variables for the XDG base directories";
    localBinInPath = mkOption {
      type = types.bool;
      default = false;
      description = "Whether {option}`xdg.binHome` is added to {env}`PATH`, if {option}`xdg.enable` is set.";
    };
  }
  // lib.mapAttrs' homeOption folders
  // lib.mapAttrs' fileOption withFiles;

  config = lib.mkMerge [
    {
      xdg = lib.mapAttrs' (
        kind: folder: lib.nameValuePair "${kind}Home" (mkOptionDefault (defaultHome folder))
      ) folders;

      home.file = lib.mkMerge (
        lib.mapAttrsToList (
          kind: _:
          lib.mapAttrs' (name: lib.nameValuePair "${cfg."${kind}Home"}/${name}") cfg."${kind}File"
        ) withFiles
        ++ [
          # So that the folders exist.
          { "${cfg.cacheHome}/.keep".text = ""; }
          { "${cfg.stateHome}/.keep".text = ""; }
        ]
      );
    }
    (mkIf cfg.enable {
      home.sessionVariables = variables;
      systemd.user.sessionVariables = variables;
      home.sessionPath = mkIf cfg.localBinInPath (lib.mkAfter [ cfg.binHome ]);
    })
  ];
}
