# In place of nixpkgs.nix where the packages are the system's: settings are taken, and told to be void.
{ config, lib, options, ... }:

let
  inherit (lib) mkOption types;
  cfg = config.nixpkgs;
  isSet = builtins.filter (name: cfg.${name} != null) [
    "config"
    "overlays"
  ];
  where = lib.showFiles (lib.unique (lib.concatMap (name: options.nixpkgs.${name}.files) isSet));

  void =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      visible = false;
      inherit description;
    };
in
{
  options.nixpkgs = {
    config = void types.unspecified "Void: the packages are the system's.";
    overlays = void (types.listOf types.unspecified) "Void: the packages are the system's.";
  };

  config = {
    assertions = [
      {
        assertion = builtins.length isSet < 2;
        message = "The options of `nixpkgs` are void with `home-manager.useGlobalPkgs`; they are defined in ${where}.";
      }
    ];
    warnings =
      lib.optional (isSet != [ ])
        "The options of `nixpkgs` are void with `home-manager.useGlobalPkgs`; they are defined in ${where}.";
  };
}
