# The NixOS of ../configuration.nix, with Home Manager as a channel brings it.
{
  imports = [
    <home-manager/nixos>
    ../configuration.nix
  ];
}
