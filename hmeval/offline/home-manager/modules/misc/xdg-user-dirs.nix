# The user's folders for documents, pictures and the like.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) literalExpression mkOption types;
  cfg = config.xdg.userDirs;
  inherit (config.home) homeDirectory stateVersion;

  folderType = types.coercedTo types.path toString types.str;

  # Option → the name of the folder, and that of its entry.
  folders = {
    desktop = [
      "Desktop"
      "DESKTOP"
    ];
    documents = [
      "Documents"
      "DOCUMENTS"
    ];
    download = [
      "Downloads"
      "DOWNLOAD"
    ];
    music = [
      "Music"
      "MUSIC"
    ];
    pictures = [
      "Pictures"
      "PICTURES"
    ];
    projects = [
      "Projects"
      "PROJECTS"
    ];
    publicShare = [
      "Public"
      "PUBLICSHARE"
    ];
    templates = [
      "Templates"
      "TEMPLATES"
    ];
    videos = [
      "Videos"
      "VIDEOS"
    ];
  };

  folderOption =
    _: names:
    let
      folder = builtins.head names;
    in
    mkOption {
      type = types.nullOr folderType;
      default = "${homeDirectory}/${folder}";
      defaultText = literalExpression "\"\${config.home.homeDirectory}/${folder}\"";
      description = "The folder that is usually called ${folder}; `null` for none.";
    };

  setSessionVariables = lib.hm.deprecations.mkStateVersionOptionDefault {
    inherit stateVersion;
    since = "26.05";
    optionPath = [
      "xdg"
      "userDirs"
      "setSessionVariables"
    ];
    legacy.value = true;
    current.value = false;
  };

  # Before 26.05 an extra folder could be given by the whole name of its variable.
  extraName =
    name:
    let
      inner = builtins.match "XDG_(.*)_DIR" name;
    in
    if lib.versionOlder stateVersion "26.05" && inner != null then builtins.head inner else name;

  entries =
    lib.filterAttrs (_: folder: folder != null) (
      lib.mapAttrs' (option: names: lib.nameValuePair (lib.last names) cfg.${option}) folders
    )
    // lib.mapAttrs' (name: lib.nameValuePair (extraName name)) cfg.extraConfig;
  variables = lib.mapAttrs' (name: lib.nameValuePair "XDG_${name}_DIR") entries;
in
{
  imports = [
    (lib.mkRenamedOptionModule
      [ "xdg" "userDirs" "publishShare" ]
      [ "xdg" "userDirs" "publicShare" ]
    )
  ];

  options.xdg.userDirs = {
    enable = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to write {file}`user-dirs.dirs`, which says where these folders are.";
    };
    package = lib.mkPackageOption pkgs "xdg-user-dirs" { nullable = true; };
    createDirectories = lib.mkEnableOption "creation of these folders on activation";
    setSessionVariables = mkOption {
      type = types.bool;
      inherit (setSessionVariables) default defaultText;
      description = "Whether each folder is in a variable too, such as {env}`XDG_MUSIC_DIR`.";
    };
    extraConfig = mkOption {
      type = types.attrsOf folderType;
      default = { };
      defaultText = literalExpression "{ }";
      example = literalExpression ''{ GAMES = "''${config.home.homeDirectory}/Games"; }'';
      description = "More folders; the name `GAMES` stands for {env}`XDG_GAMES_DIR`.";
    };
  }
  // lib.mapAttrs folderOption folders;

  config = lib.mkIf cfg.enable {
    home = {
      packages = lib.mkIf (cfg.package != null) [ cfg.package ];
      sessionVariables = lib.mkIf cfg.setSessionVariables variables;
      activation.createXdgUserDirectories = lib.mkIf cfg.createDirectories (
        lib.hm.dag.entryAfter [ "linkGeneration" ] (
          lib.concatMapStrings (folder: "[[ -L \"${folder}\" ]] || run mkdir -p \"${folder}\"\n") (
            builtins.attrValues entries
          )
        )
      );
    };
    xdg.configFile = {
      "user-dirs.conf".text = "enabled=False";
      "user-dirs.dirs".text = lib.generators.toKeyValue { } (
        lib.mapAttrs (_: folder: "\"${folder}\"") variables
      );
    };
  };
}
