# The order in which lists and lines come together.
{ lib }:

let
  inherit (lib)
    mkAfter
    mkBefore
    mkIf
    mkMerge
    mkOption
    mkOrder
    types
    ;
  list = {
    options.a = mkOption { type = types.listOf types.str; };
  };
  lines = {
    options.a = mkOption { type = types.lines; };
  };
in
{
  later-modules-first = {
    modules = [
      list
      { a = [ "1" ]; }
      { a = [ "2" ]; }
      { a = [ "3" ]; }
    ];
    expected.a = [
      "3"
      "2"
      "1"
    ];
  };
  importer-after-imported = {
    modules = [
      list
      {
        imports = [ { a = [ "imported" ]; } ];
        a = [ "importer" ];
      }
    ];
    expected.a = [
      "imported"
      "importer"
    ];
  };
  default-is-replaced-not-appended = {
    modules = [
      {
        options.a = mkOption {
          type = types.listOf types.str;
          default = [ "default" ];
        };
      }
      { a = mkAfter [ "after" ]; }
    ];
    expected.a = [ "after" ];
  };
  before-and-after = {
    modules = [
      list
      { a = mkAfter [ "after" ]; }
      { a = [ "middle" ]; }
      { a = mkBefore [ "before" ]; }
    ];
    expected.a = [
      "before"
      "middle"
      "after"
    ];
  };
  by-number = {
    modules = [
      list
      { a = mkOrder 1501 [ "last" ]; }
      { a = mkOrder 499 [ "first" ]; }
      { a = mkAfter [ "after" ]; }
      { a = mkBefore [ "before" ]; }
      { a = mkOrder 1000 [ "middle" ]; }
    ];
    expected.a = [
      "first"
      "before"
      "middle"
      "after"
      "last"
    ];
  };
  stable-among-equals = {
    modules = [
      list
      { a = mkBefore [ "1" ]; }
      { a = mkBefore [ "2" ]; }
    ];
    expected.a = [
      "2"
      "1"
    ];
  };
  within-one-merge = {
    modules = [
      list
      {
        a = mkMerge [
          [ "plain" ]
          (mkBefore [ "before" ])
          (mkIf false (mkAfter [ "never" ]))
          (mkIf true (mkAfter [ "after" ]))
        ];
      }
    ];
    expected.a = [
      "before"
      "plain"
      "after"
    ];
  };
  lines-are-joined = {
    modules = [
      lines
      { a = mkAfter "c\n"; }
      { a = "b"; }
      { a = mkBefore "a"; }
    ];
    expected.a = "a\nb\nc\n";
  };
  order-inside-override = {
    modules = [
      list
      { a = lib.mkForce (mkAfter [ "after" ]); }
      { a = lib.mkForce [ "plain" ]; }
      { a = [ "weaker" ]; }
    ];
    expected.a = [
      "plain"
      "after"
    ];
  };
  numbers-are-kept-beside-definitions = {
    modules = [
      list
      {
        _file = "/a.nix";
        a = mkBefore [ "before" ];
      }
      {
        _file = "/b.nix";
        a = [ "plain" ];
      }
    ];
    select = evaluation: evaluation.options.a.definitionsWithLocations;
    expected = [
      {
        file = "/a.nix";
        priority = 500;
        value = [ "before" ];
      }
      {
        file = "/b.nix";
        value = [ "plain" ];
      }
    ];
  };
  toposort-takes-the-first-minimal = {
    value = lib.toposort (a: b: a.name < b.name && a.kind == b.kind) [
      {
        name = 3;
        kind = "x";
      }
      {
        name = 1;
        kind = "y";
      }
      {
        name = 1;
        kind = "x";
      }
    ];
    expected.result = [
      {
        name = 1;
        kind = "x";
      }
      {
        name = 3;
        kind = "x";
      }
      {
        name = 1;
        kind = "y";
      }
    ];
  };
  toposort-of-a-cycle = {
    value =
      let
        before = {
          "1" = [ "3" ];
          "2" = [ "1" ];
          "3" = [ "2" ];
        };
      in
      lib.toposort (a: b: lib.elem a before.${b}) [
        "1"
        "2"
        "3"
      ];
    expected = {
      cycle = [
        "1"
        "3"
        "2"
      ];
      loops = [ "1" ];
    };
  };
}
