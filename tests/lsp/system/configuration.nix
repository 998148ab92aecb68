{ config, ... }:
{
  imports = [ ./modules ] ++ map (name: ./modules + "/${name}.nix") [ "fonts" ];
  nixpkgs.hostPlatform = "x86_64-linux";
  networking.hostName = "desk";
  system.stateVersion = "26.05";
  users.users.alice.isNormalUser = true;
  users.users.bob.isNormalUser = true;
  home-manager.users.alice = import ./alice.nix;
  home-manager.users.bob = {
    home.stateVersion = "26.05";
    programs.jq.enable = true;
    home.sessionVariables.HOST = config.networking.hostName;
  };
}
