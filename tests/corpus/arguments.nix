# What module functions are called with.
{ lib }:

let
  inherit (lib) mkOption types;
  list = {
    options.leaf = mkOption {
      type = types.listOf types.str;
      default = [ ];
    };
  };
in
{
  from-module-args = {
    modules = [
      list
      ./modules/wants-colour.nix
      { _module.args.colour = "green"; }
    ];
    expected.leaf = [ "green" ];
  };
  from-special-args = {
    modules = [
      list
      ./modules/wants-colour.nix
    ];
    specialArgs.colour = "blue";
    expected.leaf = [ "blue" ];
  };
  special-over-module-args = {
    modules = [
      list
      ./modules/wants-colour.nix
      { _module.args.colour = "green"; }
    ];
    specialArgs.colour = "blue";
    expected.leaf = [ "blue" ];
  };
  args-depend-on-the-configuration = {
    modules = [
      list
      { options.source = mkOption { default = "red"; }; }
      (
        { config, ... }:
        {
          _module.args.colour = config.source;
        }
      )
      ./modules/wants-colour.nix
    ];
    expected = {
      leaf = [ "red" ];
      source = "red";
    };
  };
  args-are-lazy = {
    modules = [
      list
      (
        { unused, ... }:
        {
          leaf = [ "fine" ];
        }
      )
      { _module.args.unused = throw "never looked at"; }
    ];
    expected.leaf = [ "fine" ];
  };
  args-have-priorities = {
    modules = [
      list
      ./modules/wants-colour.nix
      { _module.args.colour = lib.mkDefault "green"; }
      { _module.args.colour = "yellow"; }
    ];
    expected.leaf = [ "yellow" ];
  };
  always-there = {
    modules = [
      list
      (
        {
          lib,
          config,
          options,
          specialArgs,
          ...
        }@args:
        {
          leaf = builtins.attrNames (removeAttrs args [ "_class" "_prefix" ]);
        }
      )
    ];
    specialArgs.extra = 1;
    expected.leaf = [
      "config"
      "extra"
      "lib"
      "options"
      "specialArgs"
    ];
  };
  functor-as-a-module = {
    modules = [
      list
      {
        __functor =
          self:
          { lib, ... }:
          {
            leaf = [ self.text ];
          };
        text = "functor";
      }
    ];
    expected.leaf = [ "functor" ];
  };
  arguments-set-by-hand = {
    modules = [
      list
      (lib.setFunctionArgs (args: { leaf = [ args.colour ]; }) { colour = false; })
      { _module.args.colour = "pink"; }
    ];
    expected.leaf = [ "pink" ];
  };
  special-args-can-be-read = {
    modules = [ list ];
    specialArgs.colour = "blue";
    select = evaluation: evaluation._module.specialArgs;
    expected.colour = "blue";
  };
  args-can-be-read = {
    modules = [
      list
      { _module.args.colour = "blue"; }
    ];
    select = evaluation: builtins.attrNames evaluation._module.args;
    expected = [
      "colour"
      "extendModules"
      "moduleType"
    ];
  };
  imports-by-special-args = {
    modules = [
      list
      (
        { extra, ... }:
        {
          imports = extra;
        }
      )
    ];
    specialArgs.extra = [ { leaf = [ "extra" ]; } ];
    expected.leaf = [ "extra" ];
  };
  apply-an-import = {
    modules = [
      list
      (lib.modules.importApply ./modules/static-argument.nix "static")
    ];
    expected.leaf = [ "static" ];
  };
  missing = {
    modules = [
      list
      ./modules/wants-colour.nix
    ];
    fails = "missing-attribute";
    message = "attribute 'colour' missing";
  };
  without-an-ellipsis = {
    modules = [
      list
      (
        { lib }:
        {
          leaf = [ ];
        }
      )
    ];
    fails = "type";
    message = "called with unexpected argument";
  };
  imports-by-module-args = {
    modules = [
      list
      (
        { extra, ... }:
        {
          imports = extra;
        }
      )
      { _module.args.extra = [ ]; }
    ];
    fails = "infinite-recursion";
    message = "infinite recursion encountered";
  };
}
