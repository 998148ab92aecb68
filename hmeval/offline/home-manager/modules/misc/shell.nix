# Whether programs hook into shells, for all programs at once.
{ config, lib, ... }:

let
  forShell = shell: lib.hm.shell."mk${shell}IntegrationOption" {
    inherit config;
    baseName = "Shell";
  };
in
{
  options.home.shell = {
    enableShellIntegration = lib.mkOption {
      type = lib.types.bool;
      default = true;
      example = false;
      description = "Whether programs hook into the shells that are configured; each can be excepted.";
    };
    enableBashIntegration = forShell "Bash";
    enableFishIntegration = forShell "Fish";
    enableIonIntegration = forShell "Ion";
    enableNushellIntegration = forShell "Nushell";
    enableZshIntegration = forShell "Zsh";
  };
}
