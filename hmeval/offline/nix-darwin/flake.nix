{
  description = "A stand-in for nix-darwin over the stand-in for nixpkgs";

  inputs.nixpkgs.url = "path:../nixpkgs";

  outputs =
    { self, nixpkgs }:
    {
      lib.darwinSystem =
        {
          modules,
          specialArgs ? { },
          system ? null,
          lib ? nixpkgs.lib,
        }:
        import ./eval-config.nix {
          inherit lib modules specialArgs;
          nixpkgs = nixpkgs.outPath;
          system = if system == null then "aarch64-darwin" else system;
        };
    };
}
