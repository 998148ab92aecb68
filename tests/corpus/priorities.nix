# Which definition wins.
{ lib }:

let
  inherit (lib)
    mkDefault
    mkForce
    mkIf
    mkMerge
    mkOption
    mkOptionDefault
    mkOverride
    types
    ;

  number = {
    options.a = mkOption { type = types.int; };
  };
  numberWithDefault = {
    options.a = mkOption {
      type = types.int;
      default = 0;
    };
  };
  list = {
    options.a = mkOption { type = types.listOf types.int; };
  };
  priority = evaluation: {
    inherit (evaluation.config) a;
    inherit (evaluation.options.a) highestPrio isDefined;
    definitions = builtins.length evaluation.options.a.definitions;
  };
in
{
  declared-default = {
    modules = [ numberWithDefault ];
    select = priority;
    expected = {
      a = 0;
      highestPrio = 1500;
      isDefined = true;
      definitions = 1;
    };
  };
  plain-over-declared-default = {
    modules = [
      numberWithDefault
      { a = 1; }
    ];
    select = priority;
    expected = {
      a = 1;
      highestPrio = 100;
      isDefined = true;
      definitions = 1;
    };
  };
  default-over-declared-default = {
    modules = [
      numberWithDefault
      { a = mkDefault 1; }
    ];
    select = priority;
    expected = {
      a = 1;
      highestPrio = 1000;
      isDefined = true;
      definitions = 1;
    };
  };
  option-default-meets-declared-default = {
    modules = [
      {
        options.a = mkOption {
          type = types.listOf types.int;
          default = [ 1 ];
        };
      }
      { a = mkOptionDefault [ 2 ]; }
    ];
    select = evaluation: builtins.sort builtins.lessThan evaluation.config.a;
    expected = [
      1
      2
    ];
  };
  plain-over-default = {
    modules = [
      number
      { a = mkDefault 1; }
      { a = 2; }
    ];
    expected.a = 2;
  };
  force-over-plain = {
    modules = [
      number
      { a = mkForce 3; }
      { a = 2; }
    ];
    select = priority;
    expected = {
      a = 3;
      highestPrio = 50;
      isDefined = true;
      definitions = 1;
    };
  };
  vm-over-force = {
    modules = [
      number
      { a = mkForce 3; }
      { a = lib.mkVMOverride 4; }
    ];
    expected.a = 4;
  };
  force-over-image-media = {
    modules = [
      number
      { a = mkForce 3; }
      { a = lib.mkImageMediaOverride 4; }
    ];
    expected.a = 3;
  };
  numbers-decide = {
    modules = [
      number
      { a = mkOverride 999 1; }
      { a = mkOverride 1001 2; }
      { a = mkDefault 3; }
    ];
    select = priority;
    expected = {
      a = 1;
      highestPrio = 999;
      isDefined = true;
      definitions = 1;
    };
  };
  equal-priorities-merge = {
    modules = [
      list
      { a = mkForce [ 1 ]; }
      { a = mkForce [ 2 ]; }
      { a = [ 3 ]; }
    ];
    expected.a = [
      2
      1
    ];
  };
  priority-around-a-set = {
    modules = [
      {
        options.s.a = mkOption { type = types.int; };
        options.s.b = mkOption { type = types.int; };
      }
      {
        s = mkForce {
          a = 1;
          b = 2;
        };
      }
      {
        s.a = 3;
        s.b = mkOverride 10 4;
      }
    ];
    expected.s = {
      a = 1;
      b = 4;
    };
  };
  # The outer override is pushed onto the inner one, which is then no integer.
  override-of-an-override = {
    modules = [
      { options.s.a = mkOption { type = types.int; }; }
      { s = mkForce { a = mkDefault 1; }; }
      { s.a = 2; }
    ];
    fails = "throw";
    message = "A definition for option `s.a' is not of type `signed integer'.";
  };
  condition-false-leaves-the-loser = {
    modules = [
      number
      { a = mkIf false (mkForce 3); }
      { a = mkDefault 1; }
    ];
    select = priority;
    expected = {
      a = 1;
      highestPrio = 1000;
      isDefined = true;
      definitions = 1;
    };
  };
  condition-inside-force = {
    modules = [
      number
      { a = mkForce (mkIf true 3); }
      { a = 1; }
    ];
    fails = "throw";
    message = "A definition for option `a' is not of type `signed integer'.";
  };
  force-inside-condition = {
    modules = [
      number
      { a = mkIf true (mkForce 3); }
      { a = 1; }
    ];
    expected.a = 3;
  };
  false-condition-around-a-set = {
    modules = [
      numberWithDefault
      { config = mkIf false { a = 5; }; }
    ];
    expected.a = 0;
  };
  condition-on-another-option = {
    modules = [
      numberWithDefault
      {
        options.on = mkOption {
          type = types.bool;
          default = false;
        };
      }
      (
        { config, ... }:
        {
          config = mkIf config.on { a = 5; };
        }
      )
      { on = true; }
    ];
    expected = {
      on = true;
      a = 5;
    };
  };
  merge-of-priorities = {
    modules = [
      list
      {
        a = mkMerge [
          (mkDefault [ 1 ])
          [ 2 ]
          (mkIf false [ 3 ])
          (mkIf true [ 4 ])
        ];
      }
    ];
    expected.a = [
      2
      4
    ];
  };
  undefined = {
    modules = [ number ];
    select = evaluation: {
      inherit (evaluation.options.a) isDefined highestPrio files;
    };
    expected = {
      isDefined = false;
      highestPrio = 9999;
      files = [ ];
    };
  };
  all-false = {
    modules = [
      number
      { a = mkIf false 1; }
    ];
    fails = "throw";
    message = "The option `a' was accessed but has no value defined";
  };
  winners-only-are-listed = {
    modules = [
      list
      {
        _file = "/loser.nix";
        a = mkDefault [ 1 ];
      }
      {
        _file = "/winner.nix";
        a = [ 2 ];
      }
      {
        _file = "/other.nix";
        a = [ 3 ];
      }
    ];
    select = evaluation: {
      inherit (evaluation.options.a) files definitions definitionsWithLocations;
    };
    expected = {
      files = [
        "/other.nix"
        "/winner.nix"
      ];
      definitions = [
        [ 3 ]
        [ 2 ]
      ];
      definitionsWithLocations = [
        {
          file = "/other.nix";
          value = [ 3 ];
        }
        {
          file = "/winner.nix";
          value = [ 2 ];
        }
      ];
    };
  };
  condition-is-no-boolean = {
    modules = [
      number
      { a = mkIf "yes" 1; }
    ];
    fails = "throw";
    message = "‘mkIf’ called with a non-Boolean condition";
  };
  assert-holds = {
    modules = [
      number
      { a = lib.mkAssert true "never shown" 1; }
    ];
    expected.a = 1;
  };
  assert-fails = {
    modules = [
      number
      { a = lib.mkAssert false "shown" 1; }
    ];
    fails = "throw";
    message = "Failed assertion: shown";
  };
  derived-keeps-priority = {
    modules = [
      number
      { options.b = mkOption { type = types.int; }; }
      { a = mkForce 1; }
      (
        { options, ... }:
        {
          b = lib.mkDerivedConfig options.a (a: a + 1);
        }
      )
    ];
    select = evaluation: {
      inherit (evaluation.config) b;
      inherit (evaluation.options.b) highestPrio;
    };
    expected = {
      b = 2;
      highestPrio = 50;
    };
  };
}
