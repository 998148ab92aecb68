# Home Manager as a part of NixOS: a service for each user activates at start-up.
{
  config,
  lib,
  utils,
  ...
}:

let
  cfg = config.home-manager;
  driver = if cfg.enableLegacyProfileManagement then "0" else "1";

  environment =
    lib.optionalAttrs cfg.verbose { VERBOSE = "1"; }
    // lib.optionalAttrs (cfg.backupCommand != null) { HOME_MANAGER_BACKUP_COMMAND = toString cfg.backupCommand; }
    // lib.optionalAttrs (cfg.backupFileExtension != null) { HOME_MANAGER_BACKUP_EXT = cfg.backupFileExtension; }
    // lib.optionalAttrs cfg.overwriteBackup { HOME_MANAGER_BACKUP_OVERWRITE = "1"; };

  service =
    home:
    lib.nameValuePair "home-manager-${utils.escapeSystemdPath home.username}" {
      description = "Home of ${home.username}";
      wantedBy = [ "multi-user.target" ];
      inherit environment;
      unitConfig.RequiresMountsFor = home.homeDirectory;
      serviceConfig = {
        Type = "oneshot";
        User = home.username;
        ExecStart = "${home.activationPackage}/activate --driver-version ${driver}";
      };
    };
in
{
  imports = [ ./common.nix ];

  home-manager.extraSpecialArgs.nixosConfig = config;
  systemd.services = lib.mapAttrs' (_: user: service user.home) cfg.users;
}
