{ config, lib, ... }:
{
  imports = [ ./git.nix ];
  home.username = "alice";
  home.homeDirectory = "/home/${config.home.username}";
  home.stateVersion = "26.05";
  home.sessionVariables.EDITOR = "vi";
  home.language.base = /* é😀 */ "de_DE.UTF-8";
}
