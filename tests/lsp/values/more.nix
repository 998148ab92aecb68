{ lib, ... }:
{
  programs.git.enable = true;
  home.sessionVariables.A = lib.mkDefault "2";
  home.file.c.text = "two";
}
