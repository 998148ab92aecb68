# A file of each of nixpkgs' builders whose output is known before the build.
{
  config,
  pkgs,
  lib,
  ...
}:
let
  text = ''
    a $x "b" 'c' \n %s ''${y} * ä
      and ${pkgs.git}/bin/git

  '';
  json = {
    number = 1;
    decimal = 0.5;
    list = [
      true
      null
      "x\n\"y\" ä"
      { }
      [ ]
    ];
  };
in
{
  manual.manpages.enable = false; # made from all of nixpkgs
  home = {
    username = "alice";
    homeDirectory = "/home/alice";
    stateVersion = "25.11";
    file = {
      text = {
        inherit text;
      };
      executable = {
        inherit text;
        executable = true;
      };
      writeText.source = pkgs.writeText "x" text;
      writeScript.source = pkgs.writeScript "x" text;
      writeTextFile.source = pkgs.writeTextFile {
        name = "x";
        inherit text;
        allowSubstitutes = true;
        preferLocalBuild = false;
      };
      writeShellScript.source = pkgs.writeShellScript "x" "echo \"$1\"";
      ini.source = (pkgs.formats.ini { }).generate "x" { a.b = 1; };
      keyValue.source = (pkgs.formats.keyValue { }).generate "x" { a = "b"; };
      json.source = (pkgs.formats.json { }).generate "x" json;
      jsonNull.source = (pkgs.formats.json { }).generate "x" null;
      replaceVars.source = pkgs.replaceVars ./replaced { name = "Alice's & \\1"; };
      copied.source = pkgs.runCommand "x" { src = ./replaced; } "cp $src $out";
      concatenated.source = pkgs.runCommandLocal "x" { src = ./replaced; } "cat $src $src > \"$out\"";
      linked.source = config.lib.file.mkOutOfStoreSymlink "/home/alice/it's here";
      # Below their outputs, which are the sources here.
      writeTextDir.source = pkgs.writeTextDir "a b/c" text;
      writeScriptBin.source = pkgs.writeScriptBin "x" text;
      writeShellScriptBin.source = pkgs.writeShellScriptBin "x" "echo \"$1\"";
      writeShellApplication.source = pkgs.writeShellApplication {
        name = "x";
        text = "echo \"$1\"";
        runtimeInputs = [ pkgs.git ];
      };
      # What only the build knows.
      toml.source = (pkgs.formats.toml { }).generate "x" json;
      yaml.source = (pkgs.formats.yaml { }).generate "x" json;
    };
  };
}
