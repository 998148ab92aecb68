# Functions that modules take as the argument `utils`.
{ lib, ... }:

{
  _module.args.utils.escapeSystemdPath = name: lib.replaceStrings [ "-" "/" ] [ "\\x2d" "-" ] name;
}
