# Values, names and definitions as text.
{ lib }:

let
  inherit (lib.generators)
    toGitINI
    toINI
    toINIWithGlobalSection
    toKeyValue
    toLua
    toPlist
    toPretty
    ;
  pretty = toPretty { };
in
{
  pretty-scalars = {
    value = map pretty [
      1
      (-1)
      1.5
      true
      null
      "text"
      "with \"quotes\" and \\ and \${x}"
      /a/path
    ];
    expected = [
      "1"
      "-1"
      "1.5"
      "true"
      "null"
      "\"text\""
      "\"with \\\"quotes\\\" and \\\\ and \\\${x}\""
      "/a/path"
    ];
  };
  pretty-containers = {
    value = map pretty [
      [ ]
      { }
      [
        1
        [ 2 ]
      ]
      {
        a = 1;
        "b c".d = [ ];
      }
    ];
    expected = [
      "[ ]"
      "{ }"
      "[\n  1\n  [\n    2\n  ]\n]"
      "{\n  a = 1;\n  \"b c\" = {\n    d = [ ];\n  };\n}"
    ];
  };
  pretty-lines = {
    value = map pretty [
      "a\nb"
      "a\nb\n"
      "it''s\n\${x}\n"
    ];
    expected = [
      "''\n  a\n  b''"
      "''\n  a\n  b\n''"
      "''\n  it'''s\n  ''\${x}\n''"
    ];
  };
  pretty-functions-and-packages = {
    value = map pretty [
      (x: x)
      (
        {
          a,
          b ? 1,
        }:
        a
      )
      { __functor = _: { c }: c; }
      {
        type = "derivation";
        name = "tool";
      }
      { type = "derivation"; }
    ];
    expected = [
      "<function>"
      "<function, args: {a, b?}>"
      "<function, args: {c}>"
      "<derivation tool>"
      "<derivation ???>"
    ];
  };
  pretty-on-one-line = {
    value = toPretty { multiline = false; } {
      a = [
        1
        2
      ];
      b = "x\ny";
    };
    expected = "{ a = [ 1 2 ]; b = \"x\\ny\"; }";
  };
  pretty-by-the-value-itself = {
    value = toPretty { allowPrettyValues = true; } {
      a = {
        __pretty = x: "<<${x}>>";
        val = "own";
      };
    };
    expected = "{\n  a = <<own>>;\n}";
  };
  pretty-indented = {
    value = toPretty { indent = "    "; } [ 1 ];
    expected = "[\n      1\n    ]";
  };
  cut-by-depth = {
    value =
      pretty (
        lib.generators.withRecursion {
          depthLimit = 2;
          throwOnDepthLimit = false;
        } { a.b.c.d = 1; }
      );
    expected = "{\n  a = {\n    b = {\n      c = \"<unevaluated>\";\n    };\n  };\n}";
  };
  too-deep = {
    value = lib.generators.withRecursion { depthLimit = 1; } { a.b.c = 1; };
    fails = "throw";
    message = "Exceeded maximum eval-depth limit of 1";
  };
  option-names = {
    value = map lib.showOption [
      [ ]
      [ "a" ]
      [
        "a"
        "b c"
        "1d"
        "e-f'"
      ]
      [
        "a"
        "<name>"
        "*"
        "x"
      ]
      [
        "if"
        "a.b"
        ""
      ]
      [
        "a\"b"
        "c$d"
      ]
    ];
    expected = [
      ""
      "a"
      "a.\"b c\".\"1d\".e-f'"
      "a.<name>.*.x"
      "\"if\".\"a.b\".\"\""
      "\"a\\\"b\".\"c\\$d\""
    ];
  };
  files-and-definitions = {
    value = [
      (lib.showFiles [
        "/a.nix"
        "/b.nix"
      ])
      (lib.options.showDefs [
        {
          file = "/a.nix";
          value = [
            1
            2
          ];
        }
        {
          file = "/b.nix";
          value = throw "not shown";
        }
        {
          file = "/c.nix";
          value = "x";
        }
      ])
      (lib.showOptionWithDefLocs {
        loc = [
          "a"
          "b"
        ];
        files = [
          "/a.nix"
          "/b.nix"
        ];
      })
    ];
    expected = [
      "`/a.nix' and `/b.nix'"
      "\n- In `/a.nix':\n    [\n      1\n      2\n    ]\n- In `/b.nix'\n- In `/c.nix': \"x\""
      "a.b, with values defined in:\n  - /a.nix\n  - /b.nix\n"
    ];
  };
  key-value = {
    value = [
      (toKeyValue { } {
        a = 1;
        b = true;
        c = "text";
        d = null;
        "e=f" = 1.5;
      })
      (toKeyValue {
        listsAsDuplicateKeys = true;
        indent = "  ";
      } {
        a = [
          1
          2
        ];
      })
      (toKeyValue {
        mkKeyValue = lib.generators.mkKeyValueDefault {
          mkValueString = v: "<${toString v}>";
        } ": ";
      } { a = 1; })
    ];
    expected = [
      "a=1\nb=true\nc=text\nd=null\ne\\=f=1.500000\n"
      "  a=1\n  a=2\n"
      "a: <1>\n"
    ];
  };
  ini = {
    value = [
      (toINI { } {
        "section [1]".a = 1;
        other = {
          b = "x";
          c = false;
        };
      })
      (toINIWithGlobalSection { } {
        globalSection.top = 1;
        sections.s.a = 2;
      })
      (toINIWithGlobalSection { } { globalSection = { }; })
    ];
    expected = [
      "[other]\nb=x\nc=false\n\n[section \\[1\\]]\na=1\n"
      "top=1\n\n[s]\na=2\n"
      ""
    ];
  };
  git-ini = {
    value = toGitINI {
      user.name = "Alice \"A\" Example";
      url."git@example.org:".insteadOf = "example:";
      "filter.lfs".required = true;
      core.excludes = [
        "a"
        "b\tc"
      ];
      remote.origin = {
        fetch = "+refs/*";
        depth = 1;
      };
    };
    expected = "[core]\n\texcludes = \"a\"\n\texcludes = \"b\\tc\"\n\n[filter \"lfs\"]\n\trequired = true\n\n[remote \"origin\"]\n\tdepth = 1\n\tfetch = \"+refs/*\"\n\n[url \"git@example.org:\"]\n\tinsteadOf = \"example:\"\n\n[user]\n\tname = \"Alice \\\"A\\\" Example\"\n";
  };
  lua = {
    value = [
      (toLua { } {
        a = [
          1
          "x"
        ];
        b = null;
        c = lib.generators.mkLuaInline "f()";
      })
      (toLua {
        multiline = false;
        asBindings = true;
      } { x.y = true; })
    ];
    expected = [
      "{\n  [\"a\"] = {\n    1,\n    \"x\"\n  },\n  [\"b\"] = nil,\n  [\"c\"] = (f())\n}"
      "x = { [\"y\"] = true }\n"
    ];
  };
  property-list = {
    value = toPlist { escape = true; } {
      Label = "a & b";
      Args = [
        1
        true
      ];
      none = null;
    };
    expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n\t<key>Args</key>\n\t<array>\n\t\t<integer>1</integer>\n\t\t<true/>\n\t</array>\n\t<key>Label</key>\n\t<string>a &amp; b</string>\n</dict>\n</plist>";
  };
  dconf = {
    value = lib.generators.toDconfINI {
      "org/x" = {
        a = true;
        b = "it's";
        c = [
          "x"
          "y"
        ];
        d = lib.gvariant.mkUint32 3;
        e = lib.gvariant.mkTuple [
          (lib.gvariant.mkInt32 1)
          "z"
        ];
        f = lib.gvariant.mkNothing "s";
        g = lib.gvariant.mkEmptyArray "s";
        h = 1.5;
      };
    };
    expected = "[org/x]\na=true\nb='it\\'s'\nc=@as ['x','y']\nd=@u 3\ne=@(is) (1,'z')\nf=@ms nothing\ng=@as []\nh=1.500000\n";
  };
  a-list-has-no-key-value-text = {
    value = toKeyValue { } { a = [ ]; };
    fails = "aborted";
    message = "generators.mkValueStringDefault: list";
  };
}
