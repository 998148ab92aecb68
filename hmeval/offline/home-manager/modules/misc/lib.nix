# Functions that one module offers to the others as `config.lib`.
{ lib, ... }:

{
  options.lib = lib.mkOption {
    type = lib.types.attrsOf lib.types.attrs;
    default = { };
    description = "Functions and constants that modules share, by topic.";
  };
}
