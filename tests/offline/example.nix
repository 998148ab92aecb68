# The standalone example, evaluated with the Home Manager and the packages that are given: what the
# stand-in has to have in common with the real one.
{
  homeManager,
  nixpkgs,
  configuration,
}:

let
  pkgs = import nixpkgs { };
  inherit (pkgs) lib;
  hmLib = import (homeManager + "/modules/lib/stdlib-extended.nix") lib;
  evaluation = import (homeManager + "/modules") { inherit pkgs configuration; };
  inherit (evaluation) config;

  # A revision is looked for in the checkout's repository, with a builtin that old releases lack.
  isOfTheCheckout = document: lib.hasPrefix "home.version." document.name;

  document =
    option:
    {
      inherit (option)
        type
        visible
        internal
        readOnly
        ;
    }
    // lib.optionalAttrs (option ? default) {
      default = if isOfTheCheckout option then null else option.default.text;
    };
in
{
  names = map (option: option.name) (lib.optionAttrSetToDocList evaluation.options);

  # Of the options with one of the names, as a set to look them up in.
  options =
    names:
    lib.listToAttrs (
      map (option: lib.nameValuePair option.name (document option)) (
        builtins.filter (option: names ? ${option.name}) (lib.optionAttrSetToDocList evaluation.options)
      )
    );

  values = {
    activation = map (block: block.name) (hmLib.hm.dag.topoSort config.home.activation).result;
    aliases = config.programs.bash.shellAliases;
    bash = { inherit (config.programs.bash) historyControl historyFile shellOptions; };
    dconf = lib.mapAttrs (_: lib.mapAttrs (_: toString)) config.dconf.settings;
    git = config.programs.git.iniContent;
    searchVariables = config.home.sessionSearchVariables;
    services = config.systemd.user.services;
    sessionVariables = config.home.sessionVariables;
    ssh = config.programs.ssh.settings;
    systemdVariables = config.systemd.user.sessionVariables;
    timers = config.systemd.user.timers;
    inherit (config) warnings;
  };

  files = lib.mapAttrs (_: file: {
    inherit (file)
      enable
      executable
      force
      recursive
      target
      text
      ;
  }) config.home.file;

  packages = map lib.getName config.home.packages;

  generation = evaluation.activationPackage.drvPath;
}
