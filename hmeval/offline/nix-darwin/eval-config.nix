# A nix-darwin configuration: the shell of a system, with just enough for Home Manager to live in.
{
  lib,
  nixpkgs,
  modules,
  specialArgs,
  system,
}:

let
  withPackages =
    configuration:
    configuration
    // {
      inherit (configuration._module.args) pkgs;
      inherit lib;
      system = configuration.config.system.build.toplevel;
      extendModules = arguments: withPackages (configuration.extendModules arguments);
    };

  # What NixOS has as well.
  shared = map (name: nixpkgs + "/nixos/modules/${name}.nix") [
    "assertions"
    "environment"
    "nix"
    "nixpkgs"
  ];
in
withPackages (
  lib.evalModules {
    class = "darwin";
    specialArgs = {
      modulesPath = toString ./modules;
    }
    // specialArgs;
    modules =
      modules
      ++ shared
      ++ [
        ./modules/launchd.nix
        ./modules/system.nix
        ./modules/users.nix
        { nixpkgs.system = lib.mkDefault system; }
      ];
  }
)
