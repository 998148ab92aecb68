# The home without a system around it.
{ pkgs, ... }:
{
  imports = [ ./home.nix ];

  home.username = "alice";
  home.homeDirectory = "/home/alice";
  programs.neovim.enable = true;
  services.gpg-agent.enable = true;
  services.gpg-agent.enableSshSupport = true;
  systemd.user.services.sync = {
    Unit.Description = "Sync";
    Service.ExecStart = "${pkgs.coreutils}/bin/true";
  };
  specialisation.dark.configuration.home.sessionVariables.THEME = "dark";
}
