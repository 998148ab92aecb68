# What is known of an option, and what changes its value.
{ lib }:

let
  inherit (lib) mkOption types;
in
{
  attributes = {
    modules = [
      {
        _file = "/declared.nix";
        options.a.b = mkOption {
          type = types.int;
          default = 1;
          example = 2;
          description = "A number.";
          internal = true;
        };
      }
      {
        _file = "/defined.nix";
        a.b = 3;
      }
    ];
    select = evaluation: {
      inherit (evaluation.options.a.b)
        _type
        default
        declarations
        definitions
        definitionsWithLocations
        description
        example
        files
        highestPrio
        internal
        isDefined
        loc
        options
        value
        ;
      type = evaluation.options.a.b.type.name;
      shown = "${evaluation.options.a.b}";
      names = builtins.attrNames evaluation.options.a.b;
    };
    expected = {
      _type = "option";
      default = 1;
      declarations = [ "/declared.nix" ];
      definitions = [ 3 ];
      definitionsWithLocations = [
        {
          file = "/defined.nix";
          value = 3;
        }
      ];
      description = "A number.";
      example = 2;
      files = [ "/defined.nix" ];
      highestPrio = 100;
      internal = true;
      isDefined = true;
      loc = [
        "a"
        "b"
      ];
      options = [ ];
      value = 3;
      type = "int";
      shown = "a.b";
      names = [
        "__toString"
        "_type"
        "declarationPositions"
        "declarations"
        "default"
        "definitions"
        "definitionsWithLocations"
        "description"
        "example"
        "files"
        "highestPrio"
        "internal"
        "isDefined"
        "loc"
        "options"
        "type"
        "value"
        "valueMeta"
      ];
    };
  };
  default-has-the-declaring-file = {
    modules = [
      {
        _file = "/declared.nix";
        options.a = mkOption { default = 1; };
      }
    ];
    select = evaluation: {
      inherit (evaluation.options.a) files isDefined highestPrio;
    };
    expected = {
      files = [ "/declared.nix" ];
      isDefined = true;
      highestPrio = 1500;
    };
  };
  positions = {
    modules = [ ./modules/leaf.nix ];
    select =
      evaluation:
      map (position: position // { file = baseNameOf position.file; }) evaluation.options.leaf.declarationPositions;
    expected = [
      {
        file = "leaf.nix";
        line = 3;
        column = 3;
      }
    ];
  };
  positions-unknown = {
    modules = [
      {
        _file = "/generated.nix";
        options = builtins.mapAttrs (_: default: mkOption { inherit default; }) (
          builtins.fromJSON "{\"a\": 1}"
        );
      }
    ];
    select = evaluation: map (position: position.line or null) evaluation.options.a.declarationPositions;
    expected = [ null ];
  };
  two-declarations = {
    modules = [
      {
        _file = "/first.nix";
        options.a = mkOption { type = types.int; };
      }
      {
        _file = "/second.nix";
        options.a = mkOption {
          type = types.int;
          default = 1;
          description = "A number.";
        };
      }
    ];
    select = evaluation: {
      inherit (evaluation.options.a) declarations description value;
    };
    expected = {
      declarations = [
        "/second.nix"
        "/first.nix"
      ];
      description = "A number.";
      value = 1;
    };
  };
  two-defaults = {
    modules = [
      {
        _file = "/first.nix";
        options.a = mkOption { default = 1; };
      }
      {
        _file = "/second.nix";
        options.a = mkOption { default = 1; };
      }
    ];
    fails = "throw";
    message = "The option `a' in `/first.nix' is already declared in `/second.nix'.";
  };
  two-types = {
    modules = [
      { options.a = mkOption { type = types.int; }; }
      { options.a = mkOption { type = types.str; }; }
    ];
    fails = "throw";
    message = "The option `a' in `<unknown-file>' is already declared in `<unknown-file>'.";
  };
  applied = {
    modules = [
      {
        options.a = mkOption {
          type = types.listOf types.int;
          apply = builtins.length;
        };
      }
      {
        a = [
          1
          2
        ];
      }
    ];
    select = evaluation: {
      inherit (evaluation.options.a) value definitions;
    };
    expected = {
      value = 2;
      definitions = [
        [
          1
          2
        ]
      ];
    };
  };
  applied-to-the-default = {
    modules = [
      {
        options.a = mkOption {
          default = 1;
          apply = x: x + 1;
        };
      }
    ];
    expected.a = 2;
  };
  read-only-default = {
    modules = [
      {
        options.a = mkOption {
          default = 1;
          readOnly = true;
        };
      }
    ];
    expected.a = 1;
  };
  read-only-defined-once = {
    modules = [
      { options.a = mkOption { readOnly = true; }; }
      { a = 1; }
    ];
    expected.a = 1;
  };
  read-only-defined-twice = {
    modules = [
      {
        options.a = mkOption {
          type = types.int;
          readOnly = true;
        };
      }
      { a = 1; }
      { a = 1; }
    ];
    fails = "throw";
    message = "The option `a' is read-only, but it's set multiple times. Definition values:";
  };
  read-only-over-its-default = {
    modules = [
      {
        options.a = mkOption {
          type = types.int;
          default = 1;
          readOnly = true;
        };
      }
      {
        _file = "/user.nix";
        a = 2;
      }
    ];
    fails = "throw";
    message = "- In `/user.nix': 2";
  };
  without-a-type = {
    modules = [
      { options.a = mkOption { }; }
      { a = [ 1 ]; }
      { a = [ 2 ]; }
    ];
    select = evaluation: [
      evaluation.config.a
      evaluation.options.a.type.description
    ];
    expected = [
      [
        2
        1
      ]
      "unspecified value"
    ];
  };
  enable = {
    modules = [
      { options.enable = lib.mkEnableOption "the thing"; }
    ];
    select = evaluation: {
      inherit (evaluation.options.enable)
        default
        description
        example
        value
        ;
      type = evaluation.options.enable.type.name;
    };
    expected = {
      default = false;
      description = "Whether to enable the thing.";
      example = true;
      value = false;
      type = "bool";
    };
  };
  package = {
    value =
      let
        pkgs = {
          tool = "the tool";
          set.inner = "the inner one";
        };
        show =
          option:
          {
            inherit (option) description;
            type = option.type.description;
          }
          // builtins.intersectAttrs {
            default = null;
            defaultText = null;
            example = null;
          } option;
      in
      [
        (show (lib.mkPackageOption pkgs "tool" { }))
        (show (
          lib.mkPackageOption pkgs "inner" {
            default = [
              "set"
              "inner"
            ];
            nullable = true;
            example = "pkgs.tool";
            extraDescription = "Or none.";
          }
        ))
        (show (
          lib.mkPackageOption pkgs
            [
              "set"
              "inner"
            ]
            {
              pkgsText = "packages";
              example = [
                "set"
                "other-one"
              ];
            }
        ))
        (show (
          lib.mkPackageOption pkgs "none" {
            default = null;
            nullable = true;
          }
        ))
      ];
    expected = [
      {
        description = "The tool package to use.";
        type = "package";
        default = "the tool";
        defaultText = {
          _type = "literalExpression";
          text = "pkgs.tool";
        };
      }
      {
        description = "The inner package to use. Or none.";
        type = "null or package";
        default = "the inner one";
        defaultText = {
          _type = "literalExpression";
          text = "pkgs.set.inner";
        };
        example = {
          _type = "literalExpression";
          text = "pkgs.tool";
        };
      }
      {
        description = "The inner package to use.";
        type = "package";
        default = "the inner one";
        defaultText = {
          _type = "literalExpression";
          text = "packages.set.inner";
        };
        example = {
          _type = "literalExpression";
          text = "packages.set.other-one";
        };
      }
      {
        description = "The none package to use.";
        type = "null or package";
        default = null;
      }
    ];
  };
  package-that-is-missing = {
    value = (lib.mkPackageOption { } "tool" { }).default;
    fails = "throw";
    message = "tool cannot be found in pkgs";
  };
  definition-with-a-file-of-its-own = {
    modules = [
      { options.a = mkOption { type = types.int; }; }
      {
        a = lib.mkDefinition {
          file = "/elsewhere.nix";
          value = 1;
        };
      }
    ];
    select = evaluation: {
      inherit (evaluation.options.a) files value;
    };
    expected = {
      files = [ "/elsewhere.nix" ];
      value = 1;
    };
  };
  location-by-default = {
    modules = [
      { options.a = mkOption { type = types.int; }; }
      (lib.setDefaultModuleLocation "/generated.nix" { a = 1; })
    ];
    select = evaluation: evaluation.options.a.files;
    expected = [ "/generated.nix" ];
  };
  prefix = {
    modules = [
      { options.a = mkOption { type = types.int; }; }
      { a = "x"; }
    ];
    prefix = [
      "outer"
      "<name>"
    ];
    fails = "throw";
    message = "A definition for option `outer.<name>.a' is not of type `signed integer'.";
  };
}
