# What goes wrong, and what is said then.
{ lib }:

let
  inherit (lib) mkOption types;
  declared = {
    options.programs.git.enable = mkOption {
      type = types.bool;
      default = false;
    };
    options.programs.git.lines = mkOption {
      type = types.lines;
      default = "";
    };
  };
  throws = message: { fails = "throw"; inherit message; };
in
{
  unknown-option =
    {
      modules = [
        declared
        {
          _file = "/user.nix";
          programs.git.color = true;
        }
      ];
    }
    // throws "The option `programs.git.color' does not exist. Definition values: - In `/user.nix': true";
  unknown-option-resembles-another =
    {
      modules = [
        declared
        { programs.git.enabl = true; }
      ];
    }
    // throws "Did you mean `programs.git.enable'";
  unknown-parent =
    {
      modules = [
        declared
        { programs.hg.enable = true; }
      ];
    }
    // throws "The option `programs.hg' does not exist.";
  unknown-at-the-root =
    {
      modules = [
        declared
        { program.git.enable = true; }
      ];
    }
    // throws "The option `program' does not exist.";
  unknown-makes-all-options-fail =
    {
      modules = [
        declared
        { nothing = 1; }
      ];
      select = evaluation: evaluation.options.programs.git.enable.value;
    }
    // throws "The option `nothing' does not exist.";
  unknown-under-a-false-condition =
    {
      modules = [
        declared
        (lib.mkIf false { programs.git.color = true; })
      ];
    }
    // throws "The option `programs.git.color' does not exist.";
  nothing-declared =
    {
      modules = [ { a = 1; } ];
    }
    // throws "The option `a' does not exist.";
  options-in-the-configuration =
    {
      modules = [
        declared
        {
          options = { };
          programs.git.enable = true;
        }
      ];
    }
    // throws "has an unsupported attribute `programs'.";
  a-value-where-a-set-belongs =
    {
      modules = [
        declared
        { programs.git = true; }
      ];
    }
    // throws "you're trying to define a value of type `bool'";
  a-module-that-is-a-value =
    {
      modules = [
        declared
        { config = 3; }
      ];
    }
    // throws "you're trying to define a value of type `int'";
  a-file-that-is-no-module = {
    modules = [ ./modules/no-module.nix ];
    fails = "throw";
    message = "no-module.nix) does not look like a module.";
  };
  a-type-as-a-declaration =
    {
      modules = [ { options.a = types.int; } ];
    }
    // throws "expected an option declaration at option path `a` but got an attribute set with type option-type";
  a-value-as-a-declaration =
    {
      modules = [ { options.a = 3; } ];
    }
    // throws "An option declaration for `a' has type";
  an-option-below-an-option =
    {
      modules = [
        { options.a = mkOption { type = types.int; }; }
        {
          _file = "/second.nix";
          options.a.b = mkOption { };
        }
      ];
    }
    // throws "would be a parent of the following options, but its type `signed integer' does not support nested options. - option(s) with prefix `a.b' in module `/second.nix'";
  long-values-are-cut =
    {
      modules = [
        declared
        {
          programs.git.enable = [
            1
            2
            3
            4
            5
          ];
        }
      ];
    }
    // throws "3 4 ...";
  values-that-fail-are-left-out =
    {
      modules = [
        declared
        {
          _file = "/user.nix";
          programs.git.enable = [ (throw "inside") ];
        }
      ];
    }
    // throws "A definition for option `programs.git.enable' is not of type `boolean'.";
  throw-in-a-definition =
    {
      modules = [
        declared
        { programs.git.enable = throw "from the user"; }
      ];
    }
    // throws "from the user";
  throw-in-a-default =
    {
      modules = [ { options.a = mkOption { default = throw "from the default"; }; } ];
    }
    // throws "from the default";
  abort-in-a-default = {
    modules = [ { options.a = mkOption { default = abort "the end"; }; } ];
    fails = "aborted";
    message = "evaluation aborted with the following error message: 'the end'";
  };
  assertion-in-a-definition = {
    modules = [
      declared
      {
        programs.git.enable =
          assert builtins.isString 1;
          true;
      }
    ];
    fails = "assertion";
    message = "assertion '";
  };
  missing-attribute-in-a-definition = {
    modules = [
      declared
      (
        { config, ... }:
        {
          programs.git.enable = config.programs.nothing;
        }
      )
    ];
    fails = "missing-attribute";
    message = "attribute 'nothing' missing";
  };
  type-error-in-a-definition = {
    modules = [
      declared
      { programs.git.enable = 1 + { }; }
    ];
    fails = "type";
    message = "cannot add a set to an integer";
  };
  an-option-defined-by-itself = {
    modules = [
      declared
      (
        { config, ... }:
        {
          programs.git.enable = !config.programs.git.enable;
        }
      )
    ];
    fails = "infinite-recursion";
    message = "infinite recursion encountered";
  };
  a-set-defined-by-its-own-names = {
    modules = [
      {
        options.s = mkOption { type = types.attrsOf types.int; };
      }
      (
        { config, ... }:
        {
          s = lib.mapAttrs (_: n: n + 1) config.s;
        }
      )
    ];
    fails = "infinite-recursion";
    message = "infinite recursion encountered";
  };
}
