# Files whose sources are made by commands, as nixpkgs makes them.
{
  config,
  pkgs,
  lib,
  ...
}:
let
  writeTextFile =
    destination:
    pkgs.runCommand "text"
      {
        text = "the text";
        executable = false;
        checkPhase = "";
        passAsFile = [ "text" ];
      }
      ''
        target=$out${destination}
        mkdir -p "$(dirname "$target")"
        mv "$textPath" "$target"
      '';
  made = pkgs.writeText "made" "the text";
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
      "elsewhere".source = config.lib.file.mkOutOfStoreSymlink "/srv/it's x";
      "copied".source = pkgs.runCommandLocal "copied" { src = ./tree/one; } "cp $src $out";
      "script".source = pkgs.writeShellScript "script" "true";
      "json".source = (pkgs.formats.json { }).generate "json" { a = 1; };
      "toml".source = (pkgs.formats.toml { }).generate "toml" { a = 1; };
      "ini".source = (pkgs.formats.ini { }).generate "ini" { a.b = 1; };
      "replaced".source = pkgs.replaceVars ./replaced { name = "Alice's"; };
      # What has the looks of a text, and is none.
      "claimed".source = made // {
        text = "not the text";
      };
      "pretended".source = pkgs.git // {
        text = "not the text";
        inherit (made) drvAttrs;
      };
      "moved".source = made // {
        outPath = "${pkgs.git}/share/x";
      };
      "own".source = derivation (
        lib.filterAttrs (name: _: name != "builder") made.drvAttrs
        // {
          name = "own";
          builder = "/bin/sh";
        }
      );
    };
  };
}
