{ config, lib, ... }:

{
  systemd.user.services.backup = {
    Unit.Description = "Backup";
    Service = {
      Type = "oneshot";
      Environment = [ "A=1" ];
    };
  };
  dconf.settings = lib.mkIf config.xdg.enable {
    "org/gnome/desktop/interface" = {
      cursor-size = 32;
      enable-animations = lib.mkForce false;
    };
  };
  targets.genericLinux.enable = lib.mkIf (config.home.username == "bob") true;
}
