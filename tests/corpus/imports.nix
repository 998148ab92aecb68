# Which modules take part.
{ lib }:

let
  inherit (lib) mkOption types;

  list = {
    options.leaf = mkOption {
      type = types.listOf types.str;
      default = [ ];
    };
  };
  folder = toString ./modules;
in
{
  files = {
    modules = [ ./modules/branch.nix ];
    expected.leaf = [
      "leaf"
      "branch"
    ];
  };
  files-once = {
    modules = [
      ./modules/leaf.nix
      (folder + "/leaf.nix")
      { imports = [ ./modules/leaf.nix ]; }
    ];
    expected.leaf = [ "leaf" ];
  };
  # Keys are compared only once the tree of imports is there.
  circle = {
    modules = [
      list
      ./modules/circle.nix
    ];
    fails = "stack-overflow";
    message = "stack overflow";
  };
  sets-each-time = {
    modules =
      let
        same = {
          leaf = [ "same" ];
        };
      in
      [
        list
        same
        same
      ];
    expected.leaf = [
      "same"
      "same"
    ];
  };
  keys-once = {
    modules =
      let
        same = {
          key = "same";
          leaf = [ "same" ];
        };
      in
      [
        list
        same
        { imports = [ same ]; }
      ];
    expected.leaf = [ "same" ];
  };
  deep = {
    modules = [
      list
      {
        imports = [
          {
            imports = [ { leaf = [ "3" ]; } ];
            leaf = [ "2" ];
          }
        ];
        leaf = [ "1" ];
      }
    ];
    expected.leaf = [
      "3"
      "2"
      "1"
    ];
  };
  broad-before-deep = {
    modules = [
      list
      {
        imports = [ { leaf = [ "a1" ]; } ];
        leaf = [ "a" ];
      }
      {
        imports = [ { leaf = [ "b1" ]; } ];
        leaf = [ "b" ];
      }
    ];
    expected.leaf = [
      "b1"
      "a1"
      "b"
      "a"
    ];
  };
  by-function = {
    modules = [
      list
      (
        { lib, ... }:
        {
          imports = lib.optional true { leaf = [ "chosen" ]; };
        }
      )
    ];
    expected.leaf = [ "chosen" ];
  };
  property-as-a-module = {
    modules = [
      list
      (lib.mkIf true { leaf = [ "conditional" ]; })
      (lib.mkForce { leaf = [ "forced" ]; })
    ];
    expected.leaf = [ "forced" ];
  };
  disabled-path = {
    modules = [
      list
      ./modules/wants-colour.nix
      { disabledModules = [ ./modules/wants-colour.nix ]; }
    ];
    expected.leaf = [ ];
  };
  disabled-relative-to-modules-path = {
    modules = [
      list
      ./modules/wants-colour.nix
      { disabledModules = [ "wants-colour.nix" ]; }
    ];
    specialArgs.modulesPath = folder;
    expected.leaf = [ ];
  };
  disabled-with-all-below = {
    modules = [
      ./modules/branch.nix
      list
      { disabledModules = [ ./modules/branch.nix ]; }
    ];
    expected.leaf = [ ];
  };
  disabled-key = {
    modules = [
      list
      {
        key = "unwanted";
        leaf = [ "unwanted" ];
      }
      { disabledModules = [ { key = "unwanted"; } ]; }
    ];
    expected.leaf = [ ];
  };
  disabled-by-a-disabled-module = {
    modules = [
      list
      {
        key = "second";
        leaf = [ "second" ];
      }
      {
        key = "first";
        disabledModules = [ { key = "second"; } ];
        leaf = [ "first" ];
      }
      { disabledModules = [ { key = "first"; } ]; }
    ];
    expected.leaf = [ ];
  };
  disabled-without-a-key = {
    modules = [
      list
      { disabledModules = [ { leaf = [ ]; } ]; }
    ];
    fails = "throw";
    message = "contains a disabledModules item that is an attribute set";
  };
  extended = {
    modules = [
      list
      { leaf = [ "base" ]; }
    ];
    select =
      evaluation:
      let
        extended = evaluation.extendModules { modules = [ { leaf = [ "more" ]; } ]; };
        twice = extended.extendModules { modules = [ { leaf = lib.mkForce [ "only" ]; } ]; };
      in
      map (e: e.config.leaf) [
        evaluation
        extended
        twice
      ];
    expected = [
      [ "base" ]
      [
        "more"
        "base"
      ]
      [ "only" ]
    ];
  };
  extended-from-inside = {
    modules = [
      list
      { options.n = mkOption { type = types.int; }; }
      (
        { extendModules, ... }:
        {
          leaf = [ "x" ];
          n = builtins.length (extendModules { modules = [ { leaf = [ "y" ]; } ]; }).config.leaf;
        }
      )
    ];
    expected = {
      leaf = [ "x" ];
      n = 2;
    };
  };
  as-a-type = {
    modules = [
      list
      { leaf = [ "inner" ]; }
    ];
    select =
      evaluation:
      (lib.evalModules {
        modules = [
          { options.s = mkOption { inherit (evaluation) type; }; }
          { s.leaf = [ "outer" ]; }
        ];
      }).config;
    expected.s.leaf = [
      "outer"
      "inner"
    ];
  };
  graph = {
    modules = [
      list
      ./modules/branch.nix
      { disabledModules = [ ./modules/leaf.nix ]; }
    ];
    select =
      evaluation:
      let
        show = node: {
          key = lib.removePrefix (folder + "/") node.key;
          file = lib.removePrefix (folder + "/") node.file;
          inherit (node) disabled;
          imports = map show node.imports;
        };
      in
      map show evaluation.graph;
    expected = [
      {
        key = ":anon-1";
        file = "<unknown-file>";
        disabled = false;
        imports = [ ];
      }
      {
        key = "branch.nix";
        file = "branch.nix";
        disabled = false;
        imports = [
          {
            key = "leaf.nix";
            file = "leaf.nix";
            disabled = true;
            imports = [ ];
          }
          {
            key = "leaf.nix";
            file = "leaf.nix";
            disabled = true;
            imports = [ ];
          }
        ];
      }
      {
        key = ":anon-3";
        file = "<unknown-file>";
        disabled = false;
        imports = [ ];
      }
    ];
  };
  class-fits = {
    modules = [
      list
      {
        _class = "home";
        leaf = [ "home" ];
      }
    ];
    class = "home";
    select = evaluation: [
      evaluation.class
      evaluation.config.leaf
    ];
    expected = [
      "home"
      [ "home" ]
    ];
  };
  class-of-another-kind = {
    modules = [
      list
      { _class = "nixos"; }
    ];
    class = "home";
    fails = "throw";
    message = "(class: \"nixos\") cannot be imported into a module evaluation that expects class \"home\".";
  };
  list-in-a-list = {
    modules = [ { imports = [ [ ] ]; } ];
    fails = "throw";
    message = "Module imports can't be nested lists";
  };
  a-number = {
    modules = [ 3 ];
    fails = "type";
    message = "cannot coerce an integer to a string";
  };
  missing-file = {
    modules = [ ./modules/nowhere.nix ];
    fails = "other";
    message = "nowhere.nix";
  };
  an-evaluation = {
    modules = [ (lib.evalModules { modules = [ ]; }) ];
    fails = "throw";
    message = "Expected a module, but found a value of type";
  };
  imports-from-the-configuration = {
    modules = [
      list
      (
        { config, ... }:
        {
          imports = lib.optional (config.leaf == [ ]) { };
        }
      )
    ];
    fails = "infinite-recursion";
    message = "infinite recursion encountered";
  };
}
