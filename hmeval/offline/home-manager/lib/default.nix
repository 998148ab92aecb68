# What the flake offers as `lib`.
{ lib }:

let
  # What the `home-manager` command is told to use: this very Home Manager.
  source = builtins.path {
    path = ../.;
    name = "source";
  };
in
{
  inherit (import ../modules/lib/stdlib-extended.nix lib) hm;

  homeManagerConfiguration =
    {
      pkgs,
      modules ? [ ],
      extraSpecialArgs ? { },
      lib ? pkgs.lib,
      check ? true,
      minimal ? false,
    }:
    import ../modules {
      inherit
        pkgs
        lib
        extraSpecialArgs
        check
        minimal
        ;
      configuration = {
        imports = modules ++ [ { programs.home-manager.path = source; } ];
        # The packages are those that were given, with the overlays that they have.
        nixpkgs = {
          config = lib.mkDefault pkgs.config;
          inherit (pkgs) overlays;
        };
      };
    };
}
