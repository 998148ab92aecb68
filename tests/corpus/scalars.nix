# Types of one value: what they accept, how they are described, how definitions meet.
{ lib }:

let
  inherit (lib) mkOption types;

  check = type: map type.check;
  describe = map (type: type.description);
  # An option `a` of the type, and each definition in a module of its own.
  of =
    type: definitions:
    [ { options.a = mkOption { inherit type; }; } ] ++ map (a: { inherit a; }) definitions;
  conflict = type: definitions: {
    modules = of type definitions;
    fails = "throw";
    message = "The option `a' has conflicting definition values:";
  };
  mismatch = type: definition: {
    modules = of type [ definition ];
    fails = "throw";
    message = "A definition for option `a' is not of type `${type.description}'.";
  };
in
{
  descriptions = {
    value = describe [
      types.anything
      types.attrs
      types.bool
      types.boolByOr
      types.commas
      types.envVar
      types.float
      types.int
      types.lines
      types.nonEmptyStr
      types.number
      types.optionType
      types.package
      types.path
      types.pathInStore
      types.port
      types.raw
      types.shellPackage
      types.singleLineStr
      types.str
      types.unspecified
    ];
    expected = [
      "anything"
      "attribute set"
      "boolean"
      "boolean (merged using or)"
      "strings concatenated with \",\""
      "strings concatenated with \":\""
      "floating point number"
      "signed integer"
      "strings concatenated with \"\\n\""
      "non-empty string"
      "signed integer or floating point number"
      "optionType"
      "package"
      "absolute path"
      "path in the Nix store"
      "16 bit unsigned integer; between 0 and 65535 (both inclusive)"
      "raw value"
      "package"
      "(optionally newline-terminated) single-line string"
      "string"
      "unspecified value"
    ];
  };
  descriptions-of-ranges = {
    value = describe [
      (types.ints.between 1 12)
      types.ints.positive
      types.ints.s8
      types.ints.u32
      types.ints.unsigned
      (types.numbers.between 0 1.5)
      types.numbers.nonnegative
      types.numbers.positive
      types.externalPath
      (types.strMatching "[a-z]+")
      (types.passwdEntry types.str)
    ];
    expected = [
      "integer between 1 and 12 (both inclusive)"
      "positive integer, meaning >0"
      "8 bit signed integer; between -128 and 127 (both inclusive)"
      "32 bit unsigned integer; between 0 and 4294967295 (both inclusive)"
      "unsigned integer, meaning >=0"
      "integer or floating point number between 0 and 1.5 (both inclusive)"
      "nonnegative integer or floating point number, meaning >=0"
      "positive integer or floating point number, meaning >0"
      "absolute path not in the Nix store"
      "string matching the pattern [a-z]+"
      "string, not containing newlines or colons"
    ];
  };
  names = {
    value = map (type: type.name) [
      types.port
      (types.ints.between 1 2)
      types.ints.unsigned
      types.lines
      (types.strMatching "a")
      types.path
      (types.enum [ 1 ])
      types.nonEmptyStr
    ];
    expected = [
      "unsignedInt16"
      "intBetween"
      "unsignedInt"
      "separatedString"
      "strMatching \"a\""
      "path"
      "enum"
      "nonEmptyStr"
    ];
  };
  integers = {
    value = {
      u8 = check types.ints.u8 [
        0
        255
        256
        (-1)
        1.0
        "1"
      ];
      s8 = check types.ints.s8 [
        (-128)
        (-129)
        127
        128
      ];
      positive = check types.ints.positive [
        0
        1
      ];
      port = check types.port [
        22
        65536
      ];
      number = check types.number [
        1
        1.5
        true
      ];
    };
    expected = {
      u8 = [
        true
        true
        false
        false
        false
        false
      ];
      s8 = [
        true
        false
        true
        false
      ];
      positive = [
        false
        true
      ];
      port = [
        true
        false
      ];
      number = [
        true
        true
        false
      ];
    };
  };
  strings = {
    value = {
      nonEmpty = check types.nonEmptyStr [
        ""
        " \n"
        "a"
      ];
      singleLine = check types.singleLineStr [
        "a"
        "a\n"
        "a\nb"
      ];
      matching = check (types.strMatching "[a-z]+") [
        "abc"
        "Abc"
        3
      ];
    };
    expected = {
      nonEmpty = [
        false
        false
        true
      ];
      singleLine = [
        true
        true
        false
      ];
      matching = [
        true
        false
        false
      ];
    };
  };
  paths = {
    value = {
      path = check types.path [
        "/a"
        "a"
        ./.
        { outPath = "/x"; }
        3
      ];
      external = check types.externalPath [
        "/a"
        ./.
      ];
      package = check types.package [
        { type = "derivation"; }
        "/a"
        { }
      ];
    };
    expected = {
      path = [
        true
        false
        true
        true
        false
      ];
      external = [
        true
        false
      ];
      package = [
        true
        false
        false
      ];
    };
  };
  single-line-loses-its-end = {
    modules = of types.singleLineStr [ "text\n" ];
    expected.a = "text";
  };
  separated = {
    modules = of (types.separatedString "-") [
      "a"
      "b"
      "c"
    ];
    expected.a = "c-b-a";
  };
  equal-booleans = {
    modules = of types.bool [
      true
      true
    ];
    expected.a = true;
  };
  or-of-booleans = {
    modules = of types.boolByOr [
      false
      true
      false
    ];
    expected.a = true;
  };
  anything-merges-sets = {
    modules = of types.anything [
      {
        x = 1;
        y.z = 2;
      }
      { y.w = 3; }
    ];
    expected.a = {
      x = 1;
      y = {
        z = 2;
        w = 3;
      };
    };
  };
  anything-obeys-priorities-inside = {
    modules = of types.anything [
      { x = lib.mkForce 1; }
      { x = 2; }
    ];
    expected.a.x = 1;
  };
  anything-calls-functions = {
    modules = of types.anything [
      (x: { a = x; })
      (x: { b = x; })
    ];
    select = evaluation: evaluation.config.a 3;
    expected = {
      a = 3;
      b = 3;
    };
  };
  unspecified-concatenates-lists = {
    modules = of types.unspecified [
      [ 1 ]
      [ 2 ]
    ];
    expected.a = [
      2
      1
    ];
  };
  attrs-takes-the-last = {
    modules = of types.attrs [
      {
        x = 1;
        y = 1;
      }
      { x = 2; }
    ];
    expected.a = {
      x = 1;
      y = 1;
    };
  };
  attrs-keeps-properties = {
    modules = of types.attrs [ { x = lib.mkForce 1; } ];
    select = evaluation: evaluation.config.a.x;
    expected = {
      _type = "override";
      priority = 50;
      content = 1;
    };
  };
  enum-descriptions = {
    value = describe [
      (types.enum [ ])
      (types.enum [ "only" ])
      (types.enum [
        "a"
        1
        true
        null
      ])
      (types.nullOr (
        types.enum [
          "a"
          "b"
        ]
      ))
      (types.listOf (
        types.enum [
          "a"
          "b"
        ]
      ))
    ];
    expected = [
      "impossible (empty enum)"
      "value \"only\" (singular enum)"
      "one of \"a\", 1, true, <null>"
      "null or one of \"a\", \"b\""
      "list of (one of \"a\", \"b\")"
    ];
  };
  enums-of-two-declarations = {
    modules = [
      { options.a = mkOption { type = types.enum [ "x" ]; }; }
      {
        options.a = mkOption {
          type = types.enum [
            "x"
            "y"
          ];
        };
      }
      { a = "y"; }
    ];
    select = evaluation: [
      evaluation.config.a
      evaluation.options.a.type.description
    ];
    expected = [
      "y"
      "one of \"x\", \"y\""
    ];
  };
  package-from-a-set = {
    modules = of types.package [
      {
        type = "derivation";
        name = "p";
        outPath = "/p";
      }
    ];
    select = evaluation: evaluation.config.a.name;
    expected = "p";
  };
  conflict-of-integers = conflict types.int [
    1
    2
  ];
  conflict-of-strings = conflict types.str [
    "a"
    "b"
  ];
  conflict-of-paths = conflict types.path [
    "/a"
    "/b"
  ];
  conflict-of-enums =
    conflict
      (types.enum [
        1
        2
      ])
      [
        1
        2
      ];
  no-integer = mismatch types.int "1";
  no-port = mismatch types.port 70000;
  no-member = mismatch (types.enum [ "a" ]) "b";
  no-path = mismatch types.path "relative";
  no-single-line = mismatch types.singleLineStr "a\nb";
  raw-twice = {
    modules = of types.raw [
      1
      1
    ];
    fails = "throw";
    message = "The option `a' is defined multiple times while it's expected to be unique.";
  };
  anything-of-two-kinds = {
    modules = of types.anything [
      1
      "1"
    ];
    fails = "throw";
    message = "The option `a' has conflicting option types in `<unknown-file>' and `<unknown-file>'";
  };
  unspecified-of-two-kinds = {
    modules = of types.unspecified [
      1
      "1"
    ];
    fails = "throw";
    message = "Cannot merge definitions of `a'. Definition values:";
  };
  range-upside-down = {
    value = types.ints.between 2 1;
    fails = "throw";
    message = "ints.between: ";
  };
}
