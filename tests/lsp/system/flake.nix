{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.home-manager.url = "github:nix-community/home-manager";

  outputs =
    { nixpkgs, home-manager, ... }:
    {
      nixosConfigurations.desk = nixpkgs.lib.nixosSystem {
        modules = [
          home-manager.nixosModules.home-manager
          ./configuration.nix
        ];
      };
      nixosConfigurations.attic = nixpkgs.lib.nixosSystem { modules = [ ./attic.nix ]; };
    };
}
