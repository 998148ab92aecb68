{ lib, pkgs, ... }:
{
  services.openssh.enable = true;
  services.openssh.settings.PasswordAuthentication = false;
  services.nginx = {
    enable = true;
    recommendedGzipSettings = true;
    virtualHosts."desk.example" = {
      root = "/srv/www";
      locations."/api".proxyPass = "http://127.0.0.1:3000";
    };
  };
  services.postgresql = {
    enable = true;
    package = pkgs.postgresql_17;
    ensureDatabases = [ "notes" ];
  };
  services.pipewire.enable = true;
  services.pipewire.pulse.enable = true;
  services.picom.inactiveOpacity = 0.8;
  systemd.services.backup = {
    script = "cp --archive /srv /backup";
    startAt = "daily";
    serviceConfig.Type = "oneshot";
  };
  systemd.timers.backup.timerConfig.Persistent = true;
  networking.firewall.allowedTCPPorts = [
    80
    443
  ];
  nix.settings.experimental-features = [
    "nix-command"
    "flakes"
  ];
  specialisation.quiet.configuration.services.nginx.enable = lib.mkForce false;
}
