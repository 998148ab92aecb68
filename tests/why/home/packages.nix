{ lib, pkgs, ... }:

{
  home.packages = lib.mkMerge [
    [ pkgs.fd ]
    (lib.mkAfter [ pkgs.jq ])
    (lib.mkBefore [ pkgs.bat ])
    (lib.mkIf false [ pkgs.htop ])
  ];
  home.sessionPath = lib.mkOrder 300 [ "$HOME/first" ];
}
