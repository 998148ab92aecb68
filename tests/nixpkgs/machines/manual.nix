# The home with its manual, which is made of the descriptions of all options.
{ lib, ... }:
{
  imports = [ ./standalone.nix ];
  manual.manpages.enable = lib.mkForce true;
}
