# A small NixOS of two users, with Home Manager; services.nix is the rest of it.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  imports = [ ./services.nix ];

  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "26.05";
  networking.hostName = "desk";
  networking.firewall.allowedTCPPorts = lib.mkAfter [ 8080 ];
  time.timeZone = lib.mkDefault "Europe/Berlin";
  i18n.defaultLocale = lib.mkOverride 900 "de_DE.UTF-8";

  boot.loader.systemd-boot.enable = true;
  boot.loader.efi.canTouchEfiVariables = true;
  boot.kernelParams = lib.mkBefore [ "quiet" ];
  boot.initrd.luks.devices.root.device = "/dev/disk/by-label/SECRET";
  fileSystems."/" = {
    device = "/dev/mapper/root";
    fsType = "ext4";
  };
  fileSystems."/boot" = {
    device = "/dev/disk/by-label/BOOT";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };
  swapDevices = [
    {
      device = "/swap";
      size = 4096;
    }
  ];

  users.mutableUsers = lib.mkForce false;
  users.users.alice = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    shell = pkgs.zsh;
    hashedPassword = "$y$j9T$alice$alice";
  };
  users.users.bob.isNormalUser = true;
  programs.zsh.enable = true;
  environment.systemPackages = [
    pkgs.git
    pkgs.vim
  ];
  environment.etc."motd".text = ''
    Welcome to ${config.networking.hostName}, whose "''${HOME}" is yours.
  '';

  home-manager.useGlobalPkgs = true;
  home-manager.useUserPackages = true;
  home-manager.users.alice = ./home.nix;
  home-manager.users.bob = {
    home.stateVersion = "26.05";
    manual.manpages.enable = false;
    programs.bash.enable = true;
  };
}
