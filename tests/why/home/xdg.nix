{ config, lib, ... }:

{
  xdg.enable = true;
  xdg.configFile."fd/ignore".text = "result\n";
  xdg.configFile."fd/ignore".force = lib.mkDefault true;
  xdg.userDirs = {
    enable = true;
    music = lib.mkForce "${config.home.homeDirectory}/sounds";
  };
  xdg.dataHome = /home/alice/data;
  home.file.".vimrc" = lib.mkIf config.xdg.enable { text = "set nocompatible"; };
  home.file.".netrc" = lib.mkIf (!config.xdg.enable) { text = "machine example.org"; };
}
