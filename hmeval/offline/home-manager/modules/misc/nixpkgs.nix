# The packages that modules see: nixpkgs, imported with the user's configuration and overlays.
{
  config,
  lib,
  pkgs,
  pkgsPath,
  ...
}:

let
  inherit (lib)
    isFunction
    mkOption
    mkOptionType
    types
    ;

  configured = import pkgsPath (lib.filterAttrs (_: value: value != null) config.nixpkgs);

  # A configuration may be a function of the packages.
  applied = value: if isFunction value then value { inherit pkgs; } else value;
  configType = mkOptionType {
    name = "nixpkgs-config";
    description = "nixpkgs config";
    check = value: builtins.isAttrs value || isFunction value;
    merge = _: lib.foldr (def: merged: lib.recursiveUpdate (applied def.value) merged) { };
  };
  overlayType = mkOptionType {
    name = "nixpkgs-overlay";
    description = "nixpkgs overlay";
    check = isFunction;
    merge = lib.mergeOneOption;
  };
in
{
  options.nixpkgs = {
    config = mkOption {
      type = types.nullOr configType;
      default = null;
      example = {
        allowUnfree = true;
      };
      description = "Settings of nixpkgs, for this configuration alone; `null` for the user's file of them.";
    };
    overlays = mkOption {
      type = types.nullOr (types.listOf overlayType);
      default = null;
      example = lib.literalExpression "[ (final: prev: { vi = final.vim; }) ]";
      description = "Changes to the packages; `null` for the user's folder of them.";
    };
    system = mkOption {
      type = types.str;
      internal = true;
      example = "aarch64-linux";
      description = "The platform of the packages.";
    };
  };

  # The priority lets the argument be merged with its default while neither is evaluated.
  config._module.args.pkgs = lib.mkOverride lib.modules.defaultOverridePriority configured;
}
