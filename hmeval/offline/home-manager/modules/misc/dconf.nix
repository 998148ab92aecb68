# Settings in dconf's database, which GNOME's programs read.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.dconf;

  settingsType = types.attrsOf (types.attrsOf lib.hm.types.gvariant);

  # Each database with the name of its profile, null for the user's own.
  databases =
    lib.optional (cfg.settings != { }) {
      profile = null;
      inherit (cfg) settings;
    }
    ++ lib.mapAttrsToList (profile: settings: { inherit profile settings; }) cfg.databases;

  toKeyfile = lib.generators.toINI {
    mkKeyValue = key: value: "${key}=${toString (lib.hm.gvariant.mkValue value)}";
  };

  # The generation remembers its keys, so that the next one can reset those it no longer sets.
  keysFile =
    database:
    pkgs.writeText "dconf-keys${lib.optionalString (database.profile != null) "-${database.profile}"}.json" (
      builtins.toJSON (
        lib.concatLists (
          lib.mapAttrsToList (
            folder: entries: map (key: "/${folder}/${key}") (builtins.attrNames entries)
          ) database.settings
        )
      )
    );

  load =
    database:
    let
      keys = "state/${(keysFile database).name}";
      environment = lib.optionalString (
        database.profile != null
      ) "DCONF_PROFILE=${pkgs.writeText "dconf-profile-${database.profile}" "user-db:${database.profile}\n"} ";
    in
    ''
      resetKeys "$oldGenPath/${keys}" "$newGenPath/${keys}"
      ${environment}run ${pkgs.dconf}/bin/dconf load / < ${pkgs.writeText "hm-dconf.ini" (toKeyfile database.settings)}
    '';
in
{
  options.dconf = {
    enable = mkOption {
      type = types.bool;
      default = !pkgs.stdenv.hostPlatform.isDarwin;
      visible = false;
      description = "Whether the settings are written when the configuration is activated.";
    };
    settings = mkOption {
      type = settingsType;
      default = { };
      example = lib.literalExpression ''
        {
          "org/gnome/desktop/interface".color-scheme = "prefer-dark";
        }
      '';
      description = ''
        Settings of the user's database: folder, key, value. The types are those of the program's
        schema: a plain integer is an `int32`, the others are made with `lib.hm.gvariant`.
      '';
    };
    databases = mkOption {
      type = types.attrsOf settingsType;
      default = { };
      description = "Settings of other databases, by name; as [](#opt-dconf.settings).";
    };
  };

  config = lib.mkIf (cfg.enable && databases != [ ]) {
    xdg.configFile."dconf/.keep".source = builtins.toFile "keep" "";

    home.extraBuilderCommands = "mkdir -p $out/state\n" + lib.concatMapStrings (
      database: "ln -s ${keysFile database} $out/state/${(keysFile database).name}\n"
    ) databases;

    home.activation.dconfSettings = lib.hm.dag.entryAfter [ "installPackages" ] (
      lib.concatMapStrings load databases
    );
  };
}
