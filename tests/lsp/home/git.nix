{ lib, ... }:
{
  programs.git.enable = true;
  home.sessionVariables.EDITOR = lib.mkForce "nvim";
}
