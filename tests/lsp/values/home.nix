{ config, lib, pkgs, ... }:
{
  imports = [ ./more.nix ];
  home.username = "alice";
  home.homeDirectory = "/home/alice";
  home.stateVersion = "26.05";
  home.packages = with pkgs; [ git ];
  home.file."a/b".text = "one";
  programs.git.enable = lib.mkDefault false;
  home.sessionVariables = lib.mkMerge [
    { A = lib.mkOverride 900 "1"; }
    (lib.mkIf false { A = "never"; })
  ];
  programs.bash = import ./bash.nix;
}
