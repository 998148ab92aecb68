# A configuration that takes back everything.
{ config, lib, ... }:

{
  options.uninstall = lib.mkOption {
    type = lib.types.bool;
    default = false;
    description = "Whether activation removes all files and packages, and every earlier generation.";
  };

  config = lib.mkIf config.uninstall {
    home = {
      packages = lib.mkForce [ ];
      file = lib.mkForce { };
      stateVersion = lib.mkForce "26.05";
      enableNixpkgsReleaseCheck = lib.mkForce false;
      activation.uninstall = lib.hm.dag.entryAfter [ "installPackages" "linkGeneration" ] ''
        run nix-env --uninstall home-manager-path
        run rm -rf "$hmDataPath" "$hmStatePath" "$genProfilePath"*
      '';
    };
    manual.manpages.enable = lib.mkForce false;
    news.display = lib.mkForce "silent";
  };
}
