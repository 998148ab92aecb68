{ osConfig, ... }:
{
  imports = [ ./modules/git.nix ];
  home.stateVersion = "26.05";
  home.sessionVariables.HOST = osConfig.networking.hostName;
}
