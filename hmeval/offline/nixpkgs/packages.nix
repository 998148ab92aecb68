# The packages: name, version, and the program where its name is another one.
let
  package = version: description: { inherit version description; };
  program =
    mainProgram: version: description:
    package version description // { inherit mainProgram; };
  # A library, or a set of files: nothing to run.
  data = version: description: package version description // { mainProgram = null; };

  packages = {
    bash = package "5.3p9" "The shell of the GNU system" // { shellPath = "/bin/bash"; };
    bash-completion = data "2.17.0" "Completion of command lines in bash";
    bashInteractive = program "bash" "5.3p9" "The GNU shell, with line editing" // {
      pname = "bash-interactive";
      shellPath = "/bin/bash";
    };
    bat = package "0.26.1" "A pager for source code with colours";
    cacert = data "3.121" "Certificates of authorities for TLS";
    coreutils = data "9.10" "The basic file, shell and text tools of the GNU system";
    curl = package "8.19.0" "Transfers of data to and from URLs";
    dbus = program "dbus-daemon" "1.16.2" "Messages between processes";
    dconf = package "0.49.0" "A database of settings";
    delta = package "0.19.1" "A pager for differences";
    diffutils = program "diff" "3.12" "Differences between files";
    direnv = package "2.37.1" "Environment variables by folder";
    eza = package "0.23.4" "A listing of files with more columns and colours";
    fd = package "10.3.0" "A search for files by name";
    findutils = program "find" "4.10.0" "A search for files by their properties";
    fish = package "4.5.0" "A shell with suggestions" // { shellPath = "/bin/fish"; };
    fontconfig = program "fc-list" "2.17.1" "A library that finds fonts";
    fzf = package "0.70.0" "A filter of lines that is asked as one types";
    gettext = data "0.26" "Translation of messages";
    git = package "2.53.0" "Distributed version control";
    git-lfs = package "3.7.1" "Large files beside a git repository";
    glibcLocales = data "2.42" "The locales of the GNU C library" // { pname = "glibc-locales"; };
    gnugrep = program "grep" "3.12" "A search for lines by a pattern";
    gnupg = program "gpg" "2.4.9" "Encryption and signatures by OpenPGP";
    gnused = program "sed" "4.9" "Edits of a stream of lines";
    gnutar = program "tar" "1.35" "Archives of files";
    hello = package "2.12.3" "A program that greets";
    home-manager = package "26.11" "The tool that switches a user's environment";
    htop = package "3.4.1" "A view of processes";
    iosevka = data "34.3.0" "A narrow typeface for source code";
    jq = package "1.8.1" "A filter for JSON";
    less = package "692" "A pager";
    lazygit = package "0.60.0" "A terminal interface to git";
    libnotify = program "notify-send" "0.8.8" "Notifications on the desktop";
    man-db = program "man" "2.13.1" "Manual pages";
    mercurial = program "hg" "7.2" "Distributed version control";
    ncurses = data "6.6" "Terminals and their abilities";
    neovim = program "nvim" "0.12.0" "A text editor derived from Vim";
    nix = package "2.31.3" "The package manager";
    nixfmt = package "1.2.0" "A formatter for Nix";
    openssh = program "ssh" "10.2p1" "Secure remote login";
    python3 = package "3.13.12" "A programming language";
    remarshal = package "1.3.0" "Conversion between JSON, TOML and YAML";
    ripgrep = program "rg" "15.1.0" "A search for lines in a tree of files";
    sd-switch = package "0.6.4" "A switch from one set of systemd units to another";
    shared-mime-info = data "2.4" "The types of files";
    starship = package "1.24.2" "A prompt for every shell";
    syncthing = package "2.0.15" "Synchronisation of folders between machines";
    systemd = program "systemctl" "259" "The manager of system and user services";
    tmux = package "3.6a" "Several terminals in one";
    tree = package "2.3.1" "A listing of folders with what is below";
    tzdata = data "2026a" "Time zones";
    unzip = package "6.0" "Extraction of zip archives";
    vim = package "9.2.0" "A text editor";
    wget = package "1.25.0" "Retrieval of files from the web";
    xdg-user-dirs = program "xdg-user-dirs-update" "0.19" "Well-known folders of a user";
    xdg-utils = program "xdg-open" "1.2.1" "Desktop integration for programs";
    yq-go = program "yq" "4.52.4" "A filter for YAML";
    zsh = package "5.9" "A shell" // { shellPath = "/bin/zsh"; };
  };
in
builtins.mapAttrs (
  pname: attrs:
  {
    inherit pname;
    mainProgram = attrs.pname or pname;
  }
  // attrs
) packages
