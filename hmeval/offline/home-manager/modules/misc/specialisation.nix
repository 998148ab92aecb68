# Variants of the configuration, each with its own activation script.
{
  config,
  extendModules,
  lib,
  name,
  ...
}:

let
  inherit (lib) mkOption types;

  # The whole configuration again, without its own variants.
  variant = extendModules {
    modules = [
      {
        specialisation = lib.mkOverride 0 { };
        _module.args.name = lib.mkForce name;
      }
    ];
  };

  link =
    variantName: { configuration, ... }:
    let
      target = "$out/specialisation/${lib.escapeShellArg variantName}";
    in
    "ln -s ${configuration.home.activationPackage} ${target}";
in
{
  imports = [ (lib.mkRenamedOptionModule [ "specialization" ] [ "specialisation" ]) ];

  options.specialisation = mkOption {
    type = types.attrsOf (
      types.submodule {
        options.configuration = mkOption {
          inherit (variant) type;
          default = { };
          visible = "shallow";
          description = "What the variant has beyond the configuration.";
        };
      }
    );
    default = { };
    description = "Variants of the configuration, activated from the generation's `specialisation` folder.";
  };

  config = lib.mkIf (config.specialisation != { }) {
    assertions = map (variantName: {
      assertion = !lib.hasInfix "/" variantName;
      message = "The name `${variantName}' of a specialisation contains a slash.";
    }) (builtins.attrNames config.specialisation);

    home.extraBuilderCommands = ''
      mkdir $out/specialisation
      ${lib.concatMapAttrsStringSep "\n" link config.specialisation}
    '';
  };
}
