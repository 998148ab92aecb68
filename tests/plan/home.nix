# A configuration with something of everything that a plan tells of.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  home = {
    username = "alice";
    homeDirectory = "/home/alice";
    stateVersion = "25.11";
    packages = [
      pkgs.ripgrep
      pkgs.fd
    ];
    sessionVariables.EDITOR = "vi";
    file =
      lib.genAttrs (map (number: "many/file${toString number}") (lib.range 1 50)) (name: {
        text = "this is ${name}\n";
      })
      // {
        "checkout".source = config.lib.file.mkOutOfStoreSymlink "/srv/it's here";
        "hooked" = {
          text = "hooked\n";
          onChange = "true";
        };
        "forced" = {
          text = "forced\n";
          force = true;
        };
        "tree" = {
          source = ./tree;
          recursive = true;
        };
        "whole".source = ./tree;
      };
    activation = {
      aaa = lib.hm.dag.entryAnywhere "touch /tmp/early";
      late = lib.hm.dag.entryAfter [ "writeBoundary" ] ''run echo late'';
    };
  };
  manual.manpages.enable = false; # made from all of nixpkgs
  programs.git = {
    enable = true;
    settings.user.name = "Alice";
  };
  programs.bash.enable = true;
  programs.ssh = {
    enable = true;
    enableDefaultConfig = false;
    settings."*".User = "alice";
  };
  systemd.user.services.backup = {
    Unit.Description = "Backup";
    Service.ExecStart = "/bin/backup";
    Install.WantedBy = [ "default.target" ];
  };
  dconf.settings."org/x" = {
    number = 1;
    text = "a";
  };
  specialisation.dark.configuration.home.sessionVariables.THEME = "dark";
}
