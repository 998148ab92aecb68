{ lib, ... }:
{
  imports = [ ./modules ];
  nixpkgs.hostPlatform = "x86_64-linux";
  networking.hostName = "attic";
  services.openssh.enable = lib.mkForce false;
}
