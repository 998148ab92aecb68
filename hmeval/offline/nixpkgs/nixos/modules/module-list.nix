# All modules of the stand-in for NixOS.
[
  ./assertions.nix
  ./environment.nix
  ./nix.nix
  ./nixpkgs.nix
  ./services.nix
  ./system.nix
  ./users.nix
  ./utils.nix
]
