# Files whose sources are made by commands, as nixpkgs makes them.
{ config, pkgs, ... }:
let
  writeTextFile =
    destination:
    pkgs.runCommand "text"
      {
        text = "the text";
        executable = false;
        checkPhase = "";
      }
      ''
        target=$out${destination}
        mkdir -p "$(dirname "$target")"
        mv "$textPath" "$target"
      '';
in
{
  home = {
    username = "alice";
    homeDirectory = "/home/alice";
    stateVersion = "25.11";
    file = {
      "text".source = writeTextFile "''";
      "unquoted".source = writeTextFile "";
      "folder".source = writeTextFile "'/x/y'";
      "computed".source = pkgs.runCommand "computed" { text = "a text"; } "tr a b < $textPath > $out";
      "program".source = pkgs.runCommand "program" { } "ln -s ${pkgs.git}/bin/git $out";
      "elsewhere".source = config.lib.file.mkOutOfStoreSymlink "/srv/x";
    };
  };
}
