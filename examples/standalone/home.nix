# Alice's configuration: one that has a bit of everything, to look at with hmeval.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  # The machine under the desk has a screen; the rented one has not.
  hasDesktop = true;
  isWorkMachine = false;
in
{
  imports = [
    ./git.nix
    ./shell.nix
  ];

  home = {
    username = "alice";
    homeDirectory = "/home/alice";
    stateVersion = "26.05";

    packages = [
      pkgs.fd
      pkgs.ripgrep
    ]
    ++ lib.optionals hasDesktop [ pkgs.libnotify ];

    sessionVariables = {
      # shell.nix has a default for this one.
      EDITOR = "nvim";
      NOTES = "${config.home.homeDirectory}/notes";
    };

    file = {
      "notes/.keep".text = "";
      ".vimrc".source = ./dotfiles/vimrc;
      ".local/bin/today" = {
        executable = true;
        text = ''
          #!/bin/sh
          exec "''${EDITOR:-vi}" "$NOTES/$(date +%F).md"
        '';
      };
      ".config/work/proxy" = lib.mkIf isWorkMachine {
        text = "http://proxy.work.example:3128\n";
      };
    };

    activation.notesFolder = lib.hm.dag.entryAfter [ "writeBoundary" ] ''
      run mkdir -p "${config.home.sessionVariables.NOTES}"
    '';
  };

  xdg.enable = true;
  xdg.configFile."fd/ignore".text = ''
    .git
    node_modules
  '';

  programs.home-manager.enable = true;
  programs.jq.enable = true;
  programs.htop = {
    enable = true;
    settings = {
      tree_view = true;
      hide_kernel_threads = 1;
    };
  };

  systemd.user = {
    services.notes-backup = {
      Unit.Description = "Backup of the notes";
      Service = {
        Type = "oneshot";
        ExecStart = "${pkgs.git}/bin/git -C %h/notes push --quiet backup";
        Environment = [ "GIT_TERMINAL_PROMPT=0" ];
      };
    };
    timers.notes-backup = {
      Unit.Description = "Backup of the notes, every day";
      Timer = {
        OnCalendar = "daily";
        Persistent = true;
      };
      Install.WantedBy = [ "timers.target" ];
    };
  };

  dconf.settings = lib.mkIf hasDesktop {
    "org/gnome/desktop/interface" = {
      color-scheme = "prefer-dark";
      cursor-size = 32;
      enable-animations = false;
    };
  };

  # Alice reads the manual in her browser.
  manual.manpages.enable = lib.mkForce false;
  news.display = "silent";
}
