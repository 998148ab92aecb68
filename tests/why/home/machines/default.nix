{ lib, ... }:

{
  imports = [ ./laptop.nix ];
  programs.bash.historyFileSize = 100;
  home.language.base = lib.mkDefault "en_GB.UTF-8";
}
