{
  description = "A stand-in for Home Manager over the stand-in for nixpkgs";

  inputs.nixpkgs.url = "path:../nixpkgs";

  outputs =
    { self, nixpkgs }:
    {
      lib = import ./lib { inherit (nixpkgs) lib; };
      nixosModules = rec {
        home-manager = ./nixos;
        default = home-manager;
      };
      darwinModules = rec {
        home-manager = ./nix-darwin;
        default = home-manager;
      };
    };
}
