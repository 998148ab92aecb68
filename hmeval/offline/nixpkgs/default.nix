# A package set like nixpkgs' own in shape, whose packages have names, versions and store paths
# and build nothing. Called as the real one is: `import ./. { system = …; overlays = [ … ]; }`.
{
  # Pure evaluation knows no current system.
  system ? builtins.currentSystem or "x86_64-linux",
  config ? { },
  overlays ? [ ],
  ...
}:

let
  lib = import ./lib;
  hostPlatform = lib.systems.elaborate system;

  platforms = {
    inherit hostPlatform;
    buildPlatform = hostPlatform;
    targetPlatform = hostPlatform;
  };

  base =
    pkgs:
    let
      builders = import ./builders.nix { inherit lib pkgs; };
    in
    platforms
    // builders
    // lib.mapAttrs (_: builders.mkPackage) (import ./packages.nix)
    // {
      _type = "pkgs";
      inherit
        lib
        pkgs
        system
        config
        overlays
        ;
      path = ./.;

      stdenv = platforms // rec {
        inherit (hostPlatform) isLinux isDarwin system;
        shell = "${pkgs.bash}/bin/bash";
        shellDryRun = "${shell} -n -O extglob";
        inherit (builders) mkDerivation;
      };

      formats = import ./formats.nix { inherit lib pkgs; };

      # Sets of packages that modules reach into; all found at the top level here.
      buildPackages = pkgs;
      xorg = pkgs;

      callPackage = pkgs.newScope { };
      newScope = scope: lib.callPackageWith (pkgs // scope);
      extend = overlay: lib.fix (lib.extends overlay final);
      appendOverlays = more: lib.fix (lib.extends (lib.composeManyExtensions more) final);
    };

  final = lib.extends (lib.composeManyExtensions overlays) base;
in
lib.fix final
