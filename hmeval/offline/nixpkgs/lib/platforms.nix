# Groups of systems for `meta.platforms`.
{ lib }:

let
  on = kernel: builtins.filter (lib.hasSuffix "-${kernel}") lib.systems.flakeExposed;
in
{
  all = lib.systems.flakeExposed;
  unix = lib.systems.flakeExposed;
  linux = on "linux";
  darwin = on "darwin";
  none = [ ];
}
