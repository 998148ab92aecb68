# What hmeval is measured against: the options of a Home Manager configuration, as nixpkgs' own documentation lists them.
{
  nixpkgs,
  homeManager,
  configuration,
}:
let
  pkgs = import nixpkgs { };
  home = import (homeManager + "/modules") { inherit pkgs configuration; };
in
builtins.filter (option: option.visible && !option.internal) (pkgs.lib.optionAttrSetToDocList home.options)
