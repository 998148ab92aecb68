# The list of all modules, and the one that ties them to this evaluation.
{
  pkgs,
  lib,
  check ? true,
  useNixpkgsModule ? true,
  # Only what every configuration needs; the rest is for the user to import.
  minimal ? false,
}:

let
  base = [
    ./activation.nix
    ./environment.nix
    ./files.nix
    ./identity.nix
    ./systemd.nix
    ./xdg.nix
    ./misc/assertions.nix
    ./misc/dconf.nix
    ./misc/fontconfig.nix
    ./misc/i18n.nix
    ./misc/lib.nix
    ./misc/manual.nix
    ./misc/news.nix
    ./misc/nix.nix
    ./misc/shell.nix
    ./misc/specialisation.nix
    ./misc/ssh-auth-sock.nix
    ./misc/submodule-support.nix
    ./misc/tmpfiles.nix
    ./misc/uninstall.nix
    ./misc/xdg-user-dirs.nix
    ./programs/bash.nix
  ];

  optional = [
    ./programs/git.nix
    ./programs/home-manager.nix
    ./programs/htop.nix
    ./programs/jq.nix
    ./programs/readline.nix
    ./programs/ssh.nix
    ./services/ssh-agent.nix
  ];

  nixpkgsModule = if useNixpkgsModule then ./misc/nixpkgs.nix else ./misc/nixpkgs-disabled.nix;

  modules = base ++ lib.optionals (!minimal) optional ++ [ nixpkgsModule ];
in
modules
++ [
  {
    _module = {
      args = {
        baseModules = modules;
        pkgs = lib.mkDefault pkgs;
        pkgsPath = lib.mkDefault pkgs.path;
      };
      inherit check;
    };
    lib = lib.hm;
  }
  (lib.optionalAttrs useNixpkgsModule {
    nixpkgs.system = lib.mkDefault pkgs.stdenv.hostPlatform.system;
  })
]
