# The configuration that tests/why asks about: the places of its definitions are written in tests/why/expectations.py.
{ config, lib, ... }:

let
  isWork = true;
in
{
  imports = [
    ./git.nix
    ./work.nix
    ./shell.nix
    ./ssh.nix
    ./xdg.nix
    ./packages.nix
    ./editor.nix
    ./mail.nix
    ./services.nix
    ./browser.nix
    ./generated.nix
    ./strong.nix
    ./old-names.nix
    ./machines
    {
      programs.bat.config.theme = "written-in-place";
      programs.bat.enable = lib.mkIf isWork true;
    }
    (
      { config, ... }:
      {
        programs.bat.config.pager = lib.mkIf config.programs.bat.enable "less -FR";
      }
    )
  ];

  home.username = "alice";
  home.homeDirectory = "/home/alice";
  home.stateVersion = "26.05";

  home.sessionVariables = {
    EDITOR = "nvim";
    PAGER = lib.mkIf (!isWork) "most";
  };
}
