# A user's Home Manager configuration inside NixOS or nix-darwin, as the standalone installation has it: a set with
# `config`, `options`, `pkgs`, `extendModules`, … (and `host`), whose options begin at `home`, not at `home-manager.users.NAME`.
{
  # The evaluated system: nixosConfigurations.HOST, say.
  host,
  user,
  # Modules for the user beside those of the configuration.
  modules ? [ ],
}:
let
  loose = {
    _module.check = {
      _type = "override";
      priority = 50;
      content = false;
    };
  };

  # A definition of an option that the system does not have ends everything that is asked of it. Where modules are
  # added, someone wants to look into a configuration that fails.
  system =
    if modules == [ ] || (builtins.tryEval host.options).success then
      host
    else
      host.extendModules { modules = [ loose ]; };

  # The path of no file: since one can be disabled by it.
  key = "/hmeval/user";

  # What a lib without `valueMeta` (nixpkgs before 25.11) does not show, a module among the shared ones can hand out.
  handOut =
    { lib, extendModules, ... }:
    {
      inherit key;
      options.hmeval = lib.mkOption { default = extendModules; };
    };

  extendModules =
    if system.options.home-manager.users ? valueMeta.attrs then
      system.options.home-manager.users.valueMeta.attrs.${user}.configuration.extendModules
    else
      (system.extendModules { modules = [ { home-manager.sharedModules = [ handOut ]; } ]; })
      .config.home-manager.users.${user}.hmeval;

  configuration = extendModules {
    prefix = [ ];
    modules = modules ++ [ { disabledModules = [ key ]; } ];
  };
in
configuration
// {
  inherit (configuration._module.args) pkgs;
  inherit host;
}
