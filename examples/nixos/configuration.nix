# The machine, and whose homes are built together with it.
{ pkgs, ... }:

{
  nixpkgs.hostPlatform = "x86_64-linux";
  # With useGlobalPkgs this is for the users' packages, too; in their own modules it would be void.
  nixpkgs.config.allowUnfree = true;

  networking.hostName = "desk";
  time.timeZone = "Europe/Helsinki";
  environment.systemPackages = [ pkgs.vim ];
  services.openssh.enable = true;
  system.stateVersion = "26.05";

  users.users = {
    alice = {
      isNormalUser = true;
      uid = 1000;
      extraGroups = [ "wheel" ];
    };
    bob = {
      isNormalUser = true;
      uid = 1001;
    };
  };

  home-manager = {
    useGlobalPkgs = true;
    useUserPackages = true;
    backupFileExtension = "before-home-manager";
    extraSpecialArgs.editor = "nvim";
    sharedModules = [ ./shared.nix ];
    users.alice = ./alice.nix;
    users.bob = {
      home.stateVersion = "26.05";
      programs.jq.enable = true;
    };
  };
}
