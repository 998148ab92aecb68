# `lib.hm`
{ lib }:

{
  assertions = import ./assertions.nix { inherit lib; };
  booleans.yesNo = lib.boolToYesNo;
  dag = import ./dag.nix { inherit lib; };
  deprecations = import ./deprecations.nix { inherit lib; };
  gvariant = import ./gvariant.nix { inherit lib; };
  maintainers = { };
  shell = import ./shell.nix { inherit lib; };
  strings = import ./strings.nix { inherit lib; };
  types = import ./types.nix { inherit lib; };
}
