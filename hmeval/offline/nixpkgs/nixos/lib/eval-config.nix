# A NixOS configuration: the shell of a system, with just enough for Home Manager to live in. The arguments and the
# result are those of NixOS' own `nixos/lib/eval-config.nix`, as far as they go.
given@{
  system ? builtins.currentSystem or "x86_64-linux",
  lib ? import ../../lib,
  modules,
  # The file that modules without one of their own are of.
  modulesLocation ? (builtins.unsafeGetAttrPos "modules" given).file or null,
  specialArgs ? { },
}:

let
  withPackages =
    configuration:
    configuration
    // {
      inherit (configuration._module.args) pkgs;
      inherit lib;
      extendModules = arguments: withPackages (configuration.extendModules arguments);
    };
in
withPackages (
  lib.evalModules {
    class = "nixos";
    specialArgs = {
      modulesPath = toString ../modules;
    }
    // specialArgs;
    modules =
      (if modulesLocation == null then modules else map (lib.setDefaultModuleLocation modulesLocation) modules)
      ++ import ../modules/module-list.nix
      ++ lib.optional (system != null) { nixpkgs.system = lib.mkDefault system; };
  }
)
