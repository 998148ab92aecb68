# The module system: modules in, options and configuration out.
#
#   load.nix          a module in any of its forms → { _file, key, imports, options, config, … }
#   properties.nix    mkIf, mkMerge, mkOverride, mkOrder, and what they mean for definitions
#   declarations.nix  the declarations of one option → one declaration
#   definitions.nix   the definitions of one option → its value
#   tree.nix          all modules → the tree of options, and definitions that belong to none
#   evaluate.nix      evalModules
#   renames.nix       modules that stand for options which were renamed or removed
{ lib }:

let
  arguments = {
    inherit lib;
    inherit (lib) options types;
  };
in
import ./properties.nix arguments
// import ./declarations.nix arguments
// import ./definitions.nix arguments
// import ./evaluate.nix arguments
// import ./renames.nix arguments
// {
  inherit (import ./load.nix arguments) setDefaultModuleLocation importApply;

  importJSON = file: {
    _file = file;
    config = lib.importJSON file;
  };
  importTOML = file: {
    _file = file;
    config = lib.importTOML file;
  };
}
