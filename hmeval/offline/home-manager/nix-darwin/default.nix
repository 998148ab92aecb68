# Home Manager as a part of nix-darwin: its activation goes through the users.
{ config, lib, ... }:

let
  cfg = config.home-manager;
  driver = if cfg.enableLegacyProfileManagement then "0" else "1";

  exports = lib.concatStrings (
    lib.optional cfg.verbose "VERBOSE=1 "
    ++ lib.optional (cfg.backupFileExtension != null) "HOME_MANAGER_BACKUP_EXT=${lib.escapeShellArg cfg.backupFileExtension} "
    ++ lib.optional (cfg.backupCommand != null) "HOME_MANAGER_BACKUP_COMMAND=${lib.escapeShellArg (toString cfg.backupCommand)} "
    ++ lib.optional cfg.overwriteBackup "HOME_MANAGER_BACKUP_OVERWRITE=1 "
  );
in
{
  imports = [ ../nixos/common.nix ];

  home-manager.extraSpecialArgs.darwinConfig = config;
  system.activationScripts.postActivation.text = lib.mkMerge (
    lib.mapAttrsToList (
      _: user:
      "sudo -u ${user.home.username} --set-home env ${exports}${user.home.activationPackage}/activate --driver-version ${driver}"
    ) cfg.users
  );
}
