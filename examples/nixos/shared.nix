# What all users of the machine have.
{ lib, pkgs, ... }:

{
  xdg.enable = true;
  home.packages = [ pkgs.ripgrep ];
  home.sessionVariables.PAGER = lib.mkDefault "less";
}
