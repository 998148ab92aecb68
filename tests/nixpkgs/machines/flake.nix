{
  inputs.nixpkgs.url = "path:@nixpkgs@";
  inputs.home-manager.url = "path:@home-manager@";
  inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";
  inputs.nix-darwin.url = "path:@nix-darwin@";
  inputs.nix-darwin.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    {
      nixpkgs,
      home-manager,
      nix-darwin,
      ...
    }:
    {
      nixosConfigurations.desk = nixpkgs.lib.nixosSystem {
        modules = [
          home-manager.nixosModules.home-manager
          ./configuration.nix
        ];
      };
      darwinConfigurations.book = nix-darwin.lib.darwinSystem {
        modules = [
          home-manager.darwinModules.home-manager
          ./darwin.nix
        ];
      };
      homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
        pkgs = nixpkgs.legacyPackages.x86_64-linux;
        modules = [ ./standalone.nix ];
      };
    };
}
