# Home Manager as a part of NixOS or nix-darwin.
{ lib, ... }:

let
  internal =
    description:
    lib.mkOption {
      type = lib.types.bool;
      default = false;
      internal = true;
      inherit description;
    };
in
{
  options.submoduleSupport = {
    enable = internal "Whether the configuration is part of a system's.";
    externalPackageInstall = internal "Whether the system installs the packages.";
  };

  config._module.args = {
    osConfig = lib.mkDefault null;
    nixosConfig = lib.mkDefault null;
    darwinConfig = lib.mkDefault null;
  };
}
