# Statements of the Bourne shell, and the options by which programs hook into shells.
{ lib }:

let
  mkIntegrationOption =
    shell:
    {
      config,
      baseName ? shell,
      extraDescription ? "",
    }:
    let
      option = "home.shell.enable${baseName}Integration";
    in
    lib.mkOption {
      type = lib.types.bool;
      default = config.home.shell."enable${baseName}Integration";
      defaultText = lib.literalMD "[](#opt-${option})";
      example = false;
      description = "Whether to enable ${shell} integration.${
        lib.optionalString (extraDescription != "") "\n\n${extraDescription}"
      }";
    };
in
rec {
  export =
    name: value:
    ''export ${name}="${if builtins.isBool value then lib.boolToString value else toString value}"'';
  exportAll =
    variables:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList export (lib.filterAttrs (_: value: value != null) variables)
    );
  # The values before those that the variable has, joined by `sep`.
  prependToVar =
    sep: name: values:
    "${lib.concatStringsSep sep values}\${${name}:+${sep}}\$${name}";

  mkBashIntegrationOption = mkIntegrationOption "Bash";
  mkFishIntegrationOption = mkIntegrationOption "Fish";
  mkIonIntegrationOption = mkIntegrationOption "Ion";
  mkNushellIntegrationOption = mkIntegrationOption "Nushell";
  mkZshIntegrationOption = mkIntegrationOption "Zsh";
}
