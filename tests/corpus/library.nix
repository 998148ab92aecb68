# The ordinary functions that modules use.
{ lib }:

let
  same = actual: expected: {
    value = actual;
    inherit expected;
  };
  fails = kind: message: value: {
    inherit value message;
    fails = kind;
  };
in
{
  lists = same {
    flatten = lib.flatten [
      1
      [
        2
        [ 3 ]
      ]
    ];
    optional = lib.optional true 1 ++ lib.optional false 2 ++ lib.optionals true [ 3 ];
    range = lib.range 2 4;
    empty = lib.range 2 1;
    unique = lib.unique [
      3
      1
      3
      2
      1
    ];
    remove = lib.remove 1 [
      1
      2
      1
    ];
    subtract = lib.subtractLists [ 1 ] [
      1
      2
    ];
    intersect = lib.intersectLists [
      1
      2
    ] [
      2
      3
    ];
    reverse = lib.reverseList [
      1
      2
    ];
    last = lib.last [
      1
      2
    ];
    init = lib.init [
      1
      2
    ];
    take = lib.take 5 [ 1 ];
    drop = lib.drop 1 [
      1
      2
    ];
    sublist = lib.sublist 1 2 [
      0
      1
      2
      3
    ];
    replicate = lib.replicate 2 "a";
    singleton = lib.singleton 1;
    toList = lib.toList 1 ++ lib.toList [ 2 ];
  } {
    flatten = [
      1
      2
      3
    ];
    optional = [
      1
      3
    ];
    range = [
      2
      3
      4
    ];
    empty = [ ];
    unique = [
      3
      1
      2
    ];
    remove = [ 2 ];
    subtract = [ 2 ];
    intersect = [ 2 ];
    reverse = [
      2
      1
    ];
    last = 2;
    init = [ 1 ];
    take = [ 1 ];
    drop = [ 2 ];
    sublist = [
      1
      2
    ];
    replicate = [
      "a"
      "a"
    ];
    singleton = [ 1 ];
    toList = [
      1
      2
    ];
  };
  folds = same [
    (lib.foldr (x: acc: x + acc) "" [
      "a"
      "b"
    ])
    (lib.foldl (acc: x: acc + x) "" [
      "a"
      "b"
    ])
    (lib.foldlAttrs (acc: name: value: acc + name + value) "" {
      a = "1";
      b = "2";
    })
    (lib.foldAttrs (x: acc: [ x ] ++ acc) [ ] [
      {
        a = 1;
        b = 2;
      }
      { a = 3; }
    ])
    (lib.pipe 1 [
      (x: x + 1)
      toString
    ])
  ] [
    "ab"
    "ab"
    "a1b2"
    {
      a = [
        1
        3
      ];
      b = [ 2 ];
    }
    "2"
  ];
  searches = same [
    (lib.findFirst (x: x > 1) 0 [
      1
      2
      3
    ])
    (lib.findFirst (x: x > 5) 0 [ 1 ])
    (lib.findSingle (x: x == 1) "none" "many" [
      1
      1
    ])
    (lib.count (x: x > 1) [
      1
      2
      3
    ])
    (lib.partition (x: x > 1) [
      1
      2
    ])
    (lib.groupBy (x: if x > 1 then "big" else "small") [
      1
      2
      3
    ])
    (lib.imap0 (i: x: i + x) [
      5
      5
    ])
    (lib.imap1 (i: x: i + x) [
      5
      5
    ])
    (lib.zipLists [ 1 ] [
      2
      3
    ])
  ] [
    2
    0
    "many"
    2
    {
      right = [ 2 ];
      wrong = [ 1 ];
    }
    {
      small = [ 1 ];
      big = [
        2
        3
      ];
    }
    [
      5
      6
    ]
    [
      6
      7
    ]
    [
      {
        fst = 1;
        snd = 2;
      }
    ]
  ];
  sorts = same [
    (lib.sortOn builtins.stringLength [
      "ccc"
      "a"
      "bb"
      "d"
    ])
    (lib.naturalSort [
      "v10"
      "v9"
      "a"
      "v9b"
    ])
    (lib.compareLists lib.compare [
      1
      2
    ] [
      1
      3
    ])
    (lib.sort lib.versionOlder [
      "1.10"
      "1.9"
      "1.9.1"
    ])
  ] [
    [
      "a"
      "d"
      "bb"
      "ccc"
    ]
    [
      "a"
      "v9"
      "v9b"
      "v10"
    ]
    (-1)
    [
      "1.9"
      "1.9.1"
      "1.10"
    ]
  ];
  paths-in-sets = same [
    (lib.attrByPath [
      "a"
      "b"
    ] 0 { a.b = 1; })
    (lib.attrByPath [
      "a"
      "c"
    ] 0 { a.b = 1; })
    (lib.hasAttrByPath [
      "a"
      "b"
    ] { a = 3; })
    (lib.setAttrByPath [
      "a"
      "b"
    ] 1)
    (lib.getAttrFromPath [ "a" ] { a = 1; })
    (lib.updateManyAttrsByPath
      [
        {
          path = [
            "a"
            "b"
          ];
          update = x: x + 1;
        }
        {
          path = [ "new" ];
          update = _: 2;
        }
      ]
      {
        a.b = 1;
        c = 3;
      }
    )
    (lib.showAttrPath [
      "a"
      "b c"
    ])
  ] [
    1
    0
    false
    { a.b = 1; }
    1
    {
      a.b = 2;
      new = 2;
      c = 3;
    }
    "a.\"b c\""
  ];
  sets = same {
    gen = lib.genAttrs [ "a" "b" ] (name: name + name);
    filter = lib.filterAttrs (_: v: v != null) {
      a = 1;
      b = null;
    };
    map = lib.mapAttrs' (name: v: lib.nameValuePair "x${name}" (v + 1)) { a = 1; };
    toList = lib.mapAttrsToList (name: v: "${name}=${toString v}") {
      b = 2;
      a = 1;
    };
    concat = lib.concatMapAttrs (name: v: {
      ${name} = v;
      "${name}2" = v;
    }) { a = 1; };
    recursive = lib.recursiveUpdate {
      a = {
        x = 1;
        y = 2;
      };
      b = 3;
    } { a.y = 4; };
    zip = lib.zipAttrs [
      { a = 1; }
      {
        a = 2;
        b = 3;
      }
    ];
    collect = lib.collect (x: x ? leaf) {
      a.leaf = 1;
      b.c.leaf = 2;
    };
    product = lib.cartesianProduct {
      a = [
        1
        2
      ];
      b = [ 3 ];
    };
    mapRecursive = lib.mapAttrsRecursive (path: v: lib.concatStringsSep "." path + toString v) {
      a.b = 1;
    };
    existing = lib.overrideExisting { a = 1; } {
      a = 2;
      b = 3;
    };
    optional = lib.optionalAttrs false { a = 1; };
    merged = lib.mergeAttrsList [
      { a = 1; }
      { b = 2; }
      { a = 3; }
    ];
    vals = lib.attrVals [ "b" "a" ] {
      a = 1;
      b = 2;
    };
    pairs = lib.attrsToList { a = 1; };
    matches = lib.matchAttrs { a.b = 1; } {
      a = {
        b = 1;
        c = 2;
      };
    };
  } {
    gen = {
      a = "aa";
      b = "bb";
    };
    filter.a = 1;
    map.xa = 2;
    toList = [
      "a=1"
      "b=2"
    ];
    concat = {
      a = 1;
      a2 = 1;
    };
    recursive = {
      a = {
        x = 1;
        y = 4;
      };
      b = 3;
    };
    zip = {
      a = [
        1
        2
      ];
      b = [ 3 ];
    };
    collect = [
      { leaf = 1; }
      { leaf = 2; }
    ];
    product = [
      {
        a = 1;
        b = 3;
      }
      {
        a = 2;
        b = 3;
      }
    ];
    mapRecursive.a.b = "a.b1";
    existing.a = 2;
    optional = { };
    merged = {
      a = 3;
      b = 2;
    };
    vals = [
      2
      1
    ];
    pairs = [
      {
        name = "a";
        value = 1;
      }
    ];
    matches = true;
  };
  joins = same [
    (lib.concatStringsSep ", " [
      "a"
      "b"
    ])
    (lib.concatMapStringsSep "-" toString [
      1
      2
    ])
    (lib.concatImapStringsSep "-" (i: x: x + toString i) [
      "a"
      "b"
    ])
    (lib.concatLines [
      "a"
      "b"
    ])
    (lib.optionalString false "x")
    (lib.concatMapAttrsStringSep ";" (name: v: "${name}=${v}") {
      b = "2";
      a = "1";
    })
    (lib.intersperse "/" [
      "a"
      "b"
      "c"
    ])
    (lib.makeBinPath [
      "/a"
      { outPath = "/b"; }
      {
        outPath = "/c";
        bin.outPath = "/c-bin";
      }
    ])
    (lib.makeSearchPath "share" [
      "/a"
      null
      "/b"
    ])
  ] [
    "a, b"
    "1-2"
    "a1-b2"
    "a\nb\n"
    ""
    "a=1;b=2"
    [
      "a"
      "/"
      "b"
      "/"
      "c"
    ]
    "/a/bin:/b/bin:/c-bin/bin"
    "/a/share:/b/share"
  ];
  splits = same [
    (lib.splitString "." "a.b..c")
    (lib.splitString "." "")
    (lib.hasPrefix "ab" "abc")
    (lib.hasSuffix "bc" "abc")
    (lib.hasInfix "b." "ab.c")
    (lib.hasInfix "bc" "ab.c")
    (lib.removePrefix "a" "abc")
    (lib.removeSuffix "c" "abc")
    (lib.removeSuffix "x" "abc")
    (lib.trim " \n a b\t ")
    (lib.toUpper "aB-1")
    (lib.toLower "aB-1")
    (lib.toSentenceCase "hello World")
    (lib.stringToCharacters "abc")
    (lib.replaceStrings [ "a" ] [ "b" ] "aca")
    (lib.splitStringBy (_: char: char == "-") true "a-b-c")
  ] [
    [
      "a"
      "b"
      ""
      "c"
    ]
    [ "" ]
    true
    true
    true
    false
    "bc"
    "ab"
    "abc"
    "a b"
    "AB-1"
    "ab-1"
    "Hello world"
    [
      "a"
      "b"
      "c"
    ]
    "bcb"
    [
      "a"
      "-b"
      "-c"
    ]
  ];
  escapes = same [
    (map lib.escapeShellArg [
      "plain"
      "two words"
      "it's"
      ""
      3
    ])
    (lib.escapeShellArgs [
      "a b"
      "c"
    ])
    (lib.escape [ "$" ] "a$b")
    (lib.escapeXML "<a b=\"c\">&'</a>")
    (lib.escapeRegex "a.b*[c]")
    (lib.escapeURL "a b/c?d=%~")
    (map lib.strings.escapeNixIdentifier [
      "a"
      "a b"
      "with"
      "_x'-"
      "1"
    ])
    (lib.strings.escapeNixString "a\"\${b}\n")
    (lib.toShellVars {
      A = "b c";
      L = [
        "x"
        "y z"
      ];
      M.k = "v";
    })
  ] [
    [
      "plain"
      "'two words'"
      "'it'\\''s'"
      "''"
      "3"
    ]
    "'a b' c"
    "a\\$b"
    "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&lt;/a&gt;"
    "a\\.b\\*\\[c]"
    "a%20b%2Fc%3Fd%3D%25~"
    [
      "a"
      "\"a b\""
      "\"with\""
      "_x'-"
      "\"1\""
    ]
    "\"a\\\"\\\${b}\\n\""
    "A='b c'\ndeclare -a L=(x 'y z')\ndeclare -A M=([k]=v)"
  ];
  numbers = same [
    (lib.toInt "42")
    (lib.toInt " -7 ")
    (lib.toIntBase10 "007")
    (lib.fixedWidthNumber 4 42)
    (lib.fixedWidthString 4 "-" "ab")
    (lib.toHexString 255)
    (lib.fromHexString "ff")
    (lib.toBaseDigits 10 123)
    (lib.mod 7 3)
    (lib.min 1 2)
    (lib.boolToString true)
    (lib.strings.floatToString 1.5)
  ] [
    42
    (-7)
    7
    "0042"
    "--ab"
    "FF"
    255
    [
      1
      2
      3
    ]
    1
    1
    "true"
    "1.500000"
  ];
  versions = same [
    (lib.versionAtLeast "26.05" "25.11")
    (lib.versionAtLeast "25.11" "25.11")
    (lib.versionOlder "25.05" "25.11")
    (lib.versions.major "1.2.3")
    (lib.versions.majorMinor "1.2.3")
    (lib.getName "git-2.44.1")
    (lib.getVersion { name = "git-2.44.1"; })
    (lib.versions.pad 3 "1.2")
  ] [
    true
    true
    true
    "1"
    "1.2"
    "git"
    "2.44.1"
    "1.2.0"
  ];
  packages = same (
    let
      tool = {
        type = "derivation";
        name = "tool-1";
        pname = "tool";
        outPath = "/tool";
        bin.outPath = "/tool-bin";
        meta.mainProgram = "run-tool";
      };
    in
    [
      (lib.getExe tool)
      (lib.getExe' tool "other")
      (toString (lib.getBin tool))
      (toString (lib.getDev tool))
      (lib.isDerivation tool)
      (lib.isDerivation { })
      (lib.meta.setPrio 3 tool).meta.priority
    ]
  ) [
    "/tool-bin/bin/run-tool"
    "/tool-bin/bin/other"
    "/tool-bin"
    "/tool"
    true
    false
    3
  ];
  functions = same [
    (lib.functionArgs (lib.setFunctionArgs (x: x) { a = true; }))
    (lib.isFunction { __functor = _: x: x; })
    (lib.isFunction 3)
    (lib.id 1)
    (lib.const 1 2)
    (lib.flip (a: b: a + b) "a" "b")
    (lib.toFunction 1 2)
    (lib.fix (self: {
      a = 1;
      b = self.a + 1;
    }))
    (
      let
        base = lib.makeExtensible (self: { a = self.b; b = 1; });
      in
      (base.extend (final: prev: { b = prev.b + 1; })).a
    )
    (lib.composeExtensions (_: prev: { a = prev.a + 1; }) (_: prev: { a = prev.a * 2; }) { } { a = 1; })
    (lib.throwIf false "never" 1)
    (lib.mapNullable (x: x + 1) null)
    (lib.defaultTo 1 null)
  ] [
    { a = true; }
    true
    false
    1
    1
    "ba"
    1
    {
      a = 1;
      b = 2;
    }
    2
    { a = 4; }
    1
    null
    1
  ];
  distances = same [
    (lib.strings.levenshtein "enable" "enabel")
    (lib.strings.levenshtein "" "abc")
    (lib.strings.levenshteinAtMost 2 "git" "gti")
    (lib.strings.levenshteinAtMost 1 "git" "gti")
  ] [
    2
    3
    true
    false
  ];
  command-lines = same [
    (lib.cli.toGNUCommandLineShell { } {
      X = "PUT";
      data = [
        "a b"
        "c"
      ];
      verbose = true;
      quiet = false;
      none = null;
    })
    (lib.cli.toGNUCommandLine { optionValueSeparator = "="; } { level = 3; })
  ] [
    "-X PUT --data 'a b' --data c --verbose"
    [ "--level=3" ]
  ];
  texts-in-order = same (lib.textClosureMap lib.id {
    a = lib.fullDepEntry "A" [ "b" ];
    b = lib.noDepEntry "B";
    c = lib.stringAfter [ "a" ] "C";
  } [ "c" "b" ]) "B\nA\nC";
  no-number = fails "throw" "toInt: Could not convert \"x\" to int." (lib.toInt "x");
  octal-number = fails "throw" "toInt: Ambiguity in interpretation of \"010\"" (lib.toInt "010");
  no-path-in-the-set = fails "aborted" "cannot find attribute 'a.b'" (
    lib.getAttrFromPath [
      "a"
      "b"
    ] { a = { }; }
  );
  last-of-none = fails "throw" "lists.last: " (lib.last [ ]);
  asserted = fails "throw" "not so" (lib.assertMsg false "not so");
  thrown = fails "throw" "indeed" (lib.throwIf true "indeed" 1);
  one-of = fails "throw" "colour must be one of " (
    lib.assertOneOf "colour" "red" [
      "green"
      "blue"
    ]
  );
  program-with-a-slash = fails "throw" "lib.meta.getExe'" (
    lib.getExe' {
      type = "derivation";
      outPath = "/x";
    } "a/b"
  );
}
