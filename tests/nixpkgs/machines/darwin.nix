# A small nix-darwin of one user, with Home Manager.
{ lib, pkgs, ... }:
{
  nixpkgs.hostPlatform = "aarch64-darwin";
  system.stateVersion = 6;
  system.primaryUser = "alice";
  networking.hostName = lib.mkDefault "book";
  system.defaults.dock.autohide = true;
  system.defaults.dock.autohide-delay = 0.5;
  homebrew.enable = true;
  homebrew.casks = [ "firefox" ];
  launchd.user.agents.sync.serviceConfig = {
    ProgramArguments = [ "/bin/sync" ];
    StartInterval = 600;
  };
  environment.systemPackages = [ pkgs.ripgrep ];
  users.users.alice.home = "/Users/alice";
  # Its manual has floats in it, as that of home.nix, and the uninstaller is another nix-darwin with a manual.
  documentation.enable = false;
  system.tools.darwin-uninstaller.enable = false;

  home-manager.useGlobalPkgs = true;
  home-manager.users.alice = {
    imports = [ ./home.nix ];
    launchd.agents.mail.enable = true;
    launchd.agents.mail.config = {
      ProgramArguments = [ "/bin/true" ];
      StartInterval = 60;
    };
  };
}
