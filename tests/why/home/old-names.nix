{ lib, ... }:

{
  programs.git.userName = lib.mkDefault "Old Alice";
  programs.git.extraConfig.core.editor = "ed";
  programs.git.aliases.co = "checkout";
  xdg.userDirs.publishShare = "/srv/public";
  programs.go.enable = true;
  programs.go.goPath = "go";
  programs.go.goPrivate = lib.mkIf true [ "example.org" ];
  programs.fzf.historyWidgetOptions = lib.mkIf false [ "--exact" ];
}
