# Options with a past.
{ lib }:

let
  inherit (lib) mkOption types;

  # `warnings` and `assertions`, which these modules write to.
  messages = {
    options = {
      warnings = mkOption {
        type = types.listOf types.str;
        default = [ ];
      };
      assertions = mkOption {
        type = types.listOf types.unspecified;
        default = [ ];
      };
    };
  };
  new = {
    options.new.name = mkOption {
      type = types.listOf types.int;
      default = [ 0 ];
    };
  };
  old = [
    "old"
    "name"
  ];
  to = [
    "new"
    "name"
  ];
  values = evaluation: {
    old = evaluation.config.old.name;
    new = evaluation.config.new.name;
    inherit (evaluation.config) warnings;
  };
in
{
  renamed-unused = {
    modules = [
      messages
      new
      (lib.mkRenamedOptionModule old to)
    ];
    select = evaluation: {
      inherit (evaluation.config) warnings;
      new = evaluation.config.new.name;
      inherit (evaluation.options.old.name) isDefined visible description;
      type = evaluation.options.old.name.type.description;
    };
    expected = {
      warnings = [ ];
      new = [ 0 ];
      isDefined = false;
      visible = false;
      description = "Alias of {option}`new.name`.";
      type = "list of signed integer";
    };
  };
  renamed-used = {
    modules = [
      messages
      new
      (lib.mkRenamedOptionModule old to)
      {
        _file = "/user.nix";
        old.name = [ 1 ];
      }
    ];
    select = values;
    expected = {
      old = [ 1 ];
      new = [ 1 ];
      warnings = [ "The option `old.name' defined in `/user.nix' has been renamed to `new.name'." ];
    };
  };
  renamed-keeps-the-priority = {
    modules = [
      messages
      new
      (lib.mkRenamedOptionModule old to)
      { old.name = lib.mkForce [ 1 ]; }
      { new.name = [ 2 ]; }
    ];
    select = evaluation: {
      inherit (evaluation.config.new) name;
      inherit (evaluation.options.new.name) highestPrio;
    };
    expected = {
      name = [ 1 ];
      highestPrio = 50;
    };
  };
  both-names-merge = {
    modules = [
      messages
      new
      (lib.mkRenamedOptionModule old to)
      { old.name = [ 1 ]; }
      { new.name = [ 2 ]; }
    ];
    select = evaluation: builtins.sort builtins.lessThan evaluation.config.new.name;
    expected = [
      1
      2
    ];
  };
  renamed-since-a-coming-release = {
    modules = [
      messages
      new
      (lib.mkRenamedOptionModuleWith {
        from = old;
        inherit to;
        sinceRelease = 9911;
      })
      { old.name = [ 1 ]; }
    ];
    select = evaluation: evaluation.config.warnings;
    expected = [ ];
  };
  renamed-into-a-submodule = {
    modules = [
      messages
      {
        options.s = mkOption {
          type = types.submodule { options.x = mkOption { type = types.int; }; };
        };
      }
      (lib.mkRenamedOptionModule
        [ "old" ]
        [
          "s"
          "x"
        ]
      )
      { old = { }; }
    ];
    select = evaluation: evaluation.options.old.type.description;
    expected = "submodule";
  };
  renamed-to-nothing = {
    modules = [
      messages
      (lib.mkRenamedOptionModule old to)
      { old.name = { }; }
    ];
    select = evaluation: evaluation.config.old.name;
    fails = "throw";
    message = "The option `new' does not exist.";
  };
  alias = {
    modules = [
      messages
      new
      (lib.mkAliasOptionModule old to)
      { old.name = [ 3 ]; }
    ];
    select = evaluation: values evaluation // { inherit (evaluation.options.old.name) visible; };
    expected = {
      old = [ 3 ];
      new = [ 3 ];
      warnings = [ ];
      visible = true;
    };
  };
  removed-unused = {
    modules = [
      messages
      (lib.mkRemovedOptionModule old "Use something else.")
    ];
    select = evaluation: map (a: a.assertion) evaluation.config.assertions;
    expected = [ true ];
  };
  removed-used = {
    modules = [
      messages
      (lib.mkRemovedOptionModule old "Use something else.")
      {
        _file = "/user.nix";
        old.name = 1;
      }
    ];
    select = evaluation: evaluation.config.assertions;
    expected = [
      {
        assertion = false;
        message = "The option definition `old.name' in `/user.nix' no longer has any effect; please remove it.\nUse something else.\n";
      }
    ];
  };
  removed-read = {
    modules = [
      messages
      (lib.mkRemovedOptionModule old "Use something else.")
      { old.name = 1; }
    ];
    select = evaluation: evaluation.config.old.name;
    fails = "throw";
    message = "The option `old.name' can no longer be used since it's been removed. Use something else.";
  };
  removed-without-assertions = {
    modules = [ (lib.mkRemovedOptionModule old "Use something else.") ];
    fails = "throw";
    message = "The option `assertions' does not exist.";
  };
  changed-used = {
    modules = [
      messages
      new
      (lib.mkChangedOptionModule old to (config: [ (builtins.stringLength config.old.name) ]))
      {
        _file = "/user.nix";
        old.name = "four";
      }
    ];
    select = evaluation: {
      inherit (evaluation.config.new) name;
      says = map (lib.hasPrefix "The option `old.name' defined in `/user.nix' has been changed to `new.name'") evaluation.config.warnings;
    };
    expected = {
      name = [ 4 ];
      says = [ true ];
    };
  };
  changed-unused = {
    modules = [
      messages
      new
      (lib.mkChangedOptionModule old to (config: throw "never called"))
    ];
    select = evaluation: evaluation.config.new.name;
    expected = [ 0 ];
  };
  merged = {
    modules = [
      messages
      new
      (lib.mkMergedOptionModule
        [
          [ "x" ]
          [ "y" ]
        ]
        to
        (
          config:
          lib.optional (builtins.isInt config.x) config.x ++ lib.optional (builtins.isInt config.y) config.y
        )
      )
      { y = 5; }
    ];
    select = evaluation: evaluation.config.new.name;
    expected = [ 5 ];
  };
  definitions-passed-on = {
    modules = [
      new
      { options.source = mkOption { type = types.listOf types.int; }; }
      { source = lib.mkDefault [ 1 ]; }
      (
        { options, ... }:
        {
          new.name = lib.mkAliasDefinitions options.source;
        }
      )
    ];
    select = evaluation: {
      inherit (evaluation.config.new) name;
      inherit (evaluation.options.new.name) highestPrio;
    };
    expected = {
      name = [ 1 ];
      highestPrio = 100;
    };
  };
}
