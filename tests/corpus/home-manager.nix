# Home Manager's own part of `lib`.
{ lib }:

let
  inherit (lib.hm) dag gvariant;
  inherit (lib) mkOption types;

  # The names in order, or what stands in the way.
  order =
    entries:
    let
      sorted = dag.topoSort entries;
    in
    if sorted ? result then
      map (entry: entry.name) sorted.result
    else
      {
        cycle = map (entry: entry.name) sorted.cycle;
        loops = map (entry: entry.name) sorted.loops;
      };
  ofDag = elemType: definitions: [
    { options.a = mkOption { type = lib.hm.types.dagOf elemType; }; }
  ] ++ map (a: { inherit a; }) definitions;
in
{
  by-name-without-relations = {
    value = order {
      b = dag.entryAnywhere 1;
      a = dag.entryAnywhere 2;
      c = dag.entryAnywhere 3;
    };
    expected = [
      "a"
      "b"
      "c"
    ];
  };
  after = {
    value = order {
      a = dag.entryAfter [ "b" ] 1;
      b = dag.entryAfter [ "c" ] 2;
      c = dag.entryAnywhere 3;
    };
    expected = [
      "c"
      "b"
      "a"
    ];
  };
  before-and-between = {
    value = order {
      a = dag.entryBefore [ "c" ] 1;
      b = dag.entryBetween [ "a" ] [ "d" ] 2;
      c = dag.entryAnywhere 3;
      d = dag.entryAnywhere 4;
    };
    expected = [
      "d"
      "b"
      "a"
      "c"
    ];
  };
  activation = {
    value = order {
      checkFilesChanged = dag.entryBefore [ "linkGeneration" ] "";
      checkLinkTargets = dag.entryBefore [ "writeBoundary" ] "";
      dconfSettings = dag.entryAfter [ "installPackages" ] "";
      installPackages = dag.entryAfter [ "writeBoundary" ] "";
      linkGeneration = dag.entryAfter [ "writeBoundary" ] "";
      onFilesChange = dag.entryAfter [ "linkGeneration" ] "";
      reloadSystemd = dag.entryAfter [ "linkGeneration" ] "";
      writeBoundary = dag.entryAnywhere "";
    };
    expected = [
      "checkFilesChanged"
      "checkLinkTargets"
      "writeBoundary"
      "installPackages"
      "dconfSettings"
      "linkGeneration"
      "onFilesChange"
      "reloadSystemd"
    ];
  };
  anywhere-comes-before-the-boundary = {
    value = order {
      aaa = dag.entryAnywhere "";
      linkGeneration = dag.entryAfter [ "writeBoundary" ] "";
      writeBoundary = dag.entryAnywhere "";
    };
    expected = [
      "aaa"
      "writeBoundary"
      "linkGeneration"
    ];
  };
  unknown-names-are-ignored = {
    value = order {
      a = dag.entryAfter [ "nowhere" ] 1;
      b = dag.entryBefore [ "nothing" ] 2;
    };
    expected = [
      "a"
      "b"
    ];
  };
  a-relation-to-itself-is-ignored = {
    value = order {
      a = dag.entryAfter [ "a" ] 1;
      b = dag.entryAnywhere 2;
    };
    expected = [
      "a"
      "b"
    ];
  };
  cycle = {
    value = order {
      a = dag.entryAnywhere 1;
      b = dag.entryAfter [ "c" ] 2;
      c = dag.entryAfter [ "d" ] 3;
      d = dag.entryAfter [ "b" ] 4;
    };
    expected = {
      cycle = [
        "b"
        "c"
        "d"
      ];
      loops = [ "b" ];
    };
  };
  chains = {
    value = {
      between = dag.entriesBetween "x" [ "after" ] [ "before" ] [
        1
        2
        3
      ];
      one = dag.entriesAnywhere "y" [ 1 ];
      none = dag.entriesAfter "z" [ "b" ] [ ];
      before = dag.entriesBefore "w" [ "end" ] [
        1
        2
      ];
    };
    expected = {
      between = {
        x-0 = {
          data = 1;
          after = [ "before" ];
          before = [ ];
        };
        x-1 = {
          data = 2;
          after = [ "x-0" ];
          before = [ ];
        };
        x-2 = {
          data = 3;
          after = [ "x-1" ];
          before = [ "after" ];
        };
      };
      one.y-0 = {
        data = 1;
        after = [ ];
        before = [ ];
      };
      none = { };
      before = {
        w-0 = {
          data = 1;
          after = [ ];
          before = [ ];
        };
        w-1 = {
          data = 2;
          after = [ "w-0" ];
          before = [ "end" ];
        };
      };
    };
  };
  mapped = {
    value = dag.map (name: data: "${name}: ${data}") { a = dag.entryAfter [ "b" ] "x"; };
    expected.a = {
      data = "a: x";
      after = [ "b" ];
      before = [ ];
    };
  };
  entries-and-dags = {
    value = [
      (dag.isEntry (dag.entryAnywhere 1))
      (dag.isEntry { data = 1; })
      (dag.isDag { a = dag.entryAnywhere 1; })
      (dag.isDag { a = 1; })
    ];
    expected = [
      true
      false
      true
      false
    ];
  };
  the-type-takes-plain-values = {
    modules = ofDag types.str [
      { a = "plain"; }
      { b = dag.entryAfter [ "a" ] "after"; }
    ];
    expected.a = {
      a = {
        data = "plain";
        after = [ ];
        before = [ ];
      };
      b = {
        data = "after";
        after = [ "a" ];
        before = [ ];
      };
    };
  };
  the-type-merges-data = {
    modules = ofDag types.lines [
      { a = lib.mkAfter "second"; }
      { a = dag.entryAfter [ "b" ] "first"; }
    ];
    expected.a.a = {
      data = "first\nsecond";
      after = [ "b" ];
      before = [ ];
    };
  };
  the-type-tells-submodules-their-name = {
    modules =
      ofDag
        (types.submodule (
          { dagName, ... }:
          {
            options.host = mkOption {
              type = types.str;
              default = dagName;
            };
          }
        ))
        [ { x = { }; } ];
    select = evaluation: evaluation.config.a.x.data;
    expected.host = "x";
  };
  the-type-described = {
    value =
      let
        type = lib.hm.types.dagOf (types.submodule { options.x = mkOption { }; });
      in
      [
        type.description
        (builtins.attrNames (removeAttrs (type.getSubOptions [ "a" ]) [ "_module" ]))
        (lib.hm.types.dagOf types.str).description
        lib.hm.types.gvariant.description
      ];
    expected = [
      "DAG of submodule"
      [ "x" ]
      "DAG of string"
      "GVariant value"
    ];
  };
  the-type-mismatched = {
    modules = ofDag types.str [ { a = 3; } ];
    fails = "throw";
    message = "A definition for option `a.a.data' is not of type `string'.";
  };
  gvariant-texts = {
    value = map (value: toString (gvariant.mkValue value)) [
      true
      1
      1.5
      "it's"
      [ ]
      [
        1
        2
      ]
      (gvariant.mkUint32 3)
      (gvariant.mkTuple [
        "a"
        1
      ])
      (gvariant.mkVariant "x")
      (gvariant.mkJust 1)
      (gvariant.mkNothing "s")
      (gvariant.mkDictionaryEntry [
        "k"
        (gvariant.mkBoolean false)
      ])
      (gvariant.mkObjectpath "/a")
      (gvariant.mkEmptyArray gvariant.type.string)
    ];
    expected = [
      "true"
      "1"
      "1.500000"
      "'it\\'s'"
      "@as []"
      "@ai [1,2]"
      "@u 3"
      "@(si) ('a',1)"
      "@v <'x'>"
      "just 1"
      "@ms nothing"
      "@{sb} {'k',false}"
      "objectpath '/a'"
      "@as []"
    ];
  };
  gvariant-arrays-merge = {
    modules = [
      { options.a = mkOption { type = lib.hm.types.gvariant; }; }
      { a = [ "x" ]; }
      { a = [ "y" ]; }
    ];
    select = evaluation: toString evaluation.config.a;
    expected = "@as ['y','x']";
  };
  gvariant-kinds-disagree = {
    modules = [
      { options.a = mkOption { type = lib.hm.types.gvariant; }; }
      { a = 1; }
      { a = "x"; }
    ];
    fails = "throw";
    message = "Cannot merge definitions of `a' with ";
  };
  store-names = {
    value = map lib.hm.strings.storeFileName [
      ".bashrc"
      "a b/c-d"
      "x+y=z?"
    ];
    expected = [
      "hm_.bashrc"
      "hm_abcd"
      "hm_x+y=z?"
    ];
  };
  exports = {
    value = [
      (lib.hm.shell.export "A" true)
      (lib.hm.shell.exportAll {
        A = "x";
        B = null;
        C = 1;
      })
      (lib.hm.shell.prependToVar ":" "PATH" [
        "/a"
        "/b"
      ])
    ];
    expected = [
      "export A=\"true\""
      "export A=\"x\"\nexport C=\"1\""
      "/a:/b\${PATH:+:}$PATH"
    ];
  };
}
