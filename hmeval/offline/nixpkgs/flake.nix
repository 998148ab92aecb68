{
  description = "A stand-in for nixpkgs: the module library, and packages that build nothing";

  outputs =
    { self }:
    let
      lib = import ./lib;
      forEachSystem = lib.genAttrs lib.systems.flakeExposed;
    in
    {
      inherit lib;
      legacyPackages = forEachSystem (system: import ./. { inherit system; });
    };
}
