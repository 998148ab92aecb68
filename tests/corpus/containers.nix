# Types over other types.
{ lib }:

let
  inherit (lib)
    mkDefault
    mkForce
    mkIf
    mkMerge
    mkOption
    types
    ;
  describe = map (type: type.description);
  # An option `a` of the type, and each definition in a module of its own.
  of =
    type: definitions:
    [ { options.a = mkOption { inherit type; }; } ] ++ map (a: { inherit a; }) definitions;
in
{
  descriptions = {
    value = describe [
      (types.listOf types.str)
      (types.listOf (types.listOf types.int))
      (types.attrsOf types.port)
      (types.lazyAttrsOf types.bool)
      (types.nullOr (types.listOf types.str))
      (types.attrsOf (types.nullOr types.str))
      (types.either types.ints.unsigned types.str)
      (types.either types.str types.ints.unsigned)
      (types.oneOf [
        types.str
        types.int
        types.bool
      ])
      (types.listOf (types.either types.int types.str))
      (types.either (types.listOf types.int) types.str)
      (types.coercedTo types.int toString types.str)
      (types.functionTo types.str)
      (types.functionTo (types.nullOr types.str))
      (types.nonEmptyListOf types.str)
      (types.uniq types.int)
      (types.attrsOf (types.submodule { }))
      (types.attrTag { x = mkOption { type = types.int; }; })
    ];
    expected = [
      "list of string"
      "list of list of signed integer"
      "attribute set of 16 bit unsigned integer; between 0 and 65535 (both inclusive)"
      "lazy attribute set of boolean"
      "null or (list of string)"
      "attribute set of (null or string)"
      "unsigned integer, meaning >=0, or string"
      "string or (unsigned integer, meaning >=0)"
      "string or signed integer or boolean"
      "list of (signed integer or string)"
      "(list of signed integer) or string"
      "string or signed integer convertible to it"
      "function that evaluates to a(n) string"
      "function that evaluates to a(n) (null or string)"
      "non-empty (list of string)"
      "signed integer"
      "attribute set of (submodule)"
      "attribute-tagged union with choices: x"
    ];
  };
  list-entries-may-be-conditional = {
    modules = of (types.listOf types.int) [
      [
        1
        (mkIf false 2)
        (mkIf true 3)
      ]
    ];
    expected.a = [
      1
      3
    ];
  };
  list-entries-have-locations = {
    modules = of (types.listOf types.int) [ [ "x" ] ];
    fails = "throw";
    message = "A definition for option `a.\"[definition 1-entry 1]\"' is not of type `signed integer'.";
  };
  empty-values = {
    modules = [
      {
        options = {
          list = mkOption { type = types.listOf types.int; };
          set = mkOption { type = types.attrsOf types.int; };
          null = mkOption { type = types.nullOr types.int; };
          attrs = mkOption { type = types.attrs; };
        };
      }
    ];
    select = evaluation: [
      evaluation.config
      evaluation.options.list.isDefined
    ];
    expected = [
      {
        list = [ ];
        set = { };
        null = null;
        attrs = { };
      }
      false
    ];
  };
  empty-where-one-is-needed = {
    modules = of (types.nonEmptyListOf types.int) [ ];
    fails = "throw";
    message = "The option `a' was accessed but has no value defined";
  };
  list-empty-where-one-is-needed = {
    modules = of (types.nonEmptyListOf types.int) [ [ ] ];
    fails = "throw";
    message = "A definition for option `a' is not of type `non-empty (list of signed integer)'.";
  };
  sets-merge-by-name = {
    modules = of (types.attrsOf types.int) [
      {
        x = 1;
        y = mkDefault 1;
      }
      {
        y = 2;
        z = mkIf false 3;
      }
    ];
    expected.a = {
      x = 1;
      y = 2;
    };
  };
  set-under-properties = {
    modules = of (types.attrsOf types.int) [
      (mkMerge [
        { x = 1; }
        (mkIf true { y = 2; })
        (mkIf false { z = 3; })
      ])
    ];
    expected.a = {
      x = 1;
      y = 2;
    };
  };
  forced-set-replaces = {
    modules = of (types.attrsOf types.int) [
      { x = 1; }
      (mkForce { y = 2; })
    ];
    expected.a.y = 2;
  };
  lazy-set-has-the-name = {
    modules = of (types.lazyAttrsOf types.int) [
      {
        x = 1;
        y = mkIf false 2;
        z = throw "never looked at";
      }
    ];
    select = evaluation: builtins.attrNames evaluation.config.a;
    expected = [
      "x"
      "y"
      "z"
    ];
  };
  lazy-set-has-the-empty-value = {
    modules = of (types.lazyAttrsOf (types.listOf types.int)) [ { x = mkIf false [ 1 ]; } ];
    expected.a.x = [ ];
  };
  lazy-set-without-the-value = {
    modules = of (types.lazyAttrsOf types.int) [ { x = mkIf false 1; } ];
    fails = "throw";
    message = "The option `a.x' was accessed but has no value defined";
  };
  nested-sets = {
    modules = of (types.attrsOf (types.attrsOf (types.listOf types.int))) [
      { x.y = [ 1 ]; }
      {
        x.y = lib.mkBefore [ 2 ];
        x.z = [ 3 ];
      }
    ];
    expected.a.x = {
      y = [
        2
        1
      ];
      z = [ 3 ];
    };
  };
  null-for-all = {
    modules = of (types.nullOr types.int) [
      null
      null
    ];
    expected.a = null;
  };
  null-and-not = {
    modules = of (types.nullOr types.int) [
      null
      1
    ];
    fails = "throw";
    message = "The option `a` is defined both null and not null, in `<unknown-file>' and `<unknown-file>'.";
  };
  unique-once = {
    modules = of (types.uniq (types.listOf types.int)) [ [ 1 ] ];
    expected.a = [ 1 ];
  };
  unique-twice = {
    modules = of (types.unique { message = "There can be one."; } types.int) [
      1
      1
    ];
    fails = "throw";
    message = "There can be one.";
  };
  either-takes-what-fits-all = {
    modules = of (types.listOf (types.either types.int (types.listOf types.int))) [
      [
        1
        [ 2 ]
      ]
    ];
    expected.a = [
      1
      [ 2 ]
    ];
  };
  either-merges-as-one-of-them = {
    modules = of (types.either types.int types.lines) [
      "a"
      "b"
    ];
    expected.a = "b\na";
  };
  either-is-neither = {
    modules = of (types.either types.int types.str) [ true ];
    fails = "throw";
    message = "A definition for option `a' is not of type `signed integer or string'.";
  };
  either-mixed = {
    modules = of (types.either types.int types.str) [
      1
      "a"
    ];
    fails = "throw";
    message = "A definition for option `a' is not of type `signed integer or string'.";
  };
  one-of-none = {
    value = types.oneOf [ ];
    fails = "throw";
    message = "types.oneOf needs ";
  };
  coerced = {
    modules = of (types.coercedTo types.int toString (types.listOf types.str)) [ [ "a" ] ];
    expected.a = [ "a" ];
  };
  coerced-and-final-together = {
    modules = of (types.coercedTo types.str lib.singleton (types.listOf types.str)) [
      "a"
      [
        "b"
        "c"
      ]
    ];
    expected.a = [
      "b"
      "c"
      "a"
    ];
  };
  coerced-to-nothing = {
    modules = of (types.coercedTo types.int toString types.bool) [ 1 ];
    fails = "throw";
    message = "A definition for option `a' is not of type `boolean or signed integer convertible to it'.";
  };
  coerced-from-a-submodule = {
    value = (types.coercedTo (types.submodule { }) (x: x) types.str).description;
    fails = "throw";
    message = "must not have submodules";
  };
  functions-merge-their-results = {
    modules = of (types.functionTo (types.listOf types.int)) [
      (x: [ x ])
      (x: [ (x * 10) ])
    ];
    select = evaluation: evaluation.config.a 2;
    expected = [
      20
      2
    ];
  };
  functions-merge-their-arguments = {
    modules = of (types.functionTo types.anything) [
      (
        {
          x,
          y ? 1,
        }:
        { sum = x + y; }
      )
    ];
    select = evaluation: lib.functionArgs evaluation.config.a;
    expected = {
      x = false;
      y = true;
    };
  };
  function-result-of-another-type = {
    modules = of (types.functionTo types.int) [ (x: "text") ];
    select = evaluation: evaluation.config.a 1;
    fails = "throw";
    message = "A definition for option `a.<function body>' is not of type `signed integer'.";
  };
  tags = {
    modules =
      of
        (types.attrsOf (
          types.attrTag {
            number = mkOption { type = types.int; };
            words = mkOption { type = types.listOf types.str; };
          }
        ))
        [
          { x.number = 1; }
          { y.words = [ "a" ]; }
          { y.words = [ "b" ]; }
        ];
    expected.a = {
      x.number = 1;
      y.words = [
        "b"
        "a"
      ];
    };
  };
  tags-of-two-kinds = {
    modules =
      of
        (types.attrTag {
          x = mkOption { type = types.int; };
          y = mkOption { type = types.int; };
        })
        [
          { x = 1; }
          { y = 1; }
        ];
    fails = "throw";
    message = "The option `a` is defined both as `y` and `x`";
  };
  tag-that-is-none = {
    modules = of (types.attrTag { x = mkOption { type = types.int; }; }) [ { z = 1; } ];
    fails = "throw";
    message = "A definition for option `a' is not of type `attribute-tagged union with choices: x'.";
  };
  tag-without-an-option = {
    value = (types.attrTag { x = types.int; }).getSubOptions [ ];
    fails = "throw";
    message = "tag x ";
  };
  checks-add-up = {
    modules = of (types.addCheck (types.listOf types.int) (x: builtins.length x < 2)) [
      [
        1
        2
      ]
    ];
    fails = "throw";
    message = "A definition for option `a' is not of type `list of signed integer'.";
  };
  check-put-in-place = {
    modules = of (types.listOf types.int // { check = builtins.isList; }) [ [ 1 ] ];
    fails = "throw";
    message = "The option `a' has a type `list of signed integer'";
  };
  types-merge = {
    value =
      let
        merge = a: b: (types.mergeTypes a b).description or "conflict";
      in
      [
        (merge (types.listOf types.int) (types.listOf types.int))
        (merge (types.listOf types.int) (types.listOf types.str))
        (merge (types.attrsOf (types.enum [ 1 ])) (types.attrsOf (types.enum [ 2 ])))
        (merge (types.nullOr types.str) types.str)
        (merge (types.either types.int types.str) (types.either types.int types.str))
        (merge types.lines types.commas)
        (merge types.path types.path)
        (merge (types.attrsOf types.int) (types.lazyAttrsOf types.int))
      ];
    expected = [
      "list of signed integer"
      "conflict"
      "attribute set of (one of 1, 2)"
      "conflict"
      "signed integer or string"
      "conflict"
      "absolute path"
      "conflict"
    ];
  };
  json-values = {
    modules = of types.json [
      {
        x = [
          1
          null
          { y = true; }
        ];
      }
      { z.w = "a"; }
    ];
    expected.a = {
      x = [
        1
        null
        { y = true; }
      ];
      z.w = "a";
    };
  };
  priorities-of-attributes = {
    modules = of (types.attrsOf types.int) [
      {
        x = mkForce 1;
        y = 2;
      }
      { y = mkDefault 3; }
    ];
    select = evaluation: lib.modules.mergeAttrDefinitionsWithPrio evaluation.options.a;
    expected = {
      x = {
        value = 1;
        highestPrio = 50;
      };
      y = {
        value = 2;
        highestPrio = 100;
      };
    };
  };
}
