{
  description = "A stand-in for nixpkgs: the module library, and packages that build nothing";

  outputs =
    { self }:
    let
      lib = import ./lib;
      forEachSystem = lib.genAttrs lib.systems.flakeExposed;
    in
    {
      # NixOS is what the flake's own `lib` has more than the folder's.
      lib = lib // {
        nixosSystem = arguments: import ./nixos/lib/eval-config.nix ({ inherit lib; system = null; } // arguments);
      };
      legacyPackages = forEachSystem (system: import ./. { inherit system; });
    };
}
