# Options as documentation.
{ lib }:

let
  inherit (lib)
    literalExpression
    literalMD
    mkOption
    types
    ;

  # Without the options that every set of modules has.
  documents =
    evaluation:
    builtins.filter (document: !builtins.elem "_module" document.loc) (
      lib.optionAttrSetToDocList evaluation.options
    );
  names = evaluation: map (document: document.name) (documents evaluation);
  fields =
    wanted: evaluation: map (builtins.intersectAttrs (lib.genAttrs wanted (_: null))) (documents evaluation);
in
{
  all-fields = {
    modules = [
      {
        _file = "/declared.nix";
        options.a.b = mkOption {
          type = types.listOf types.int;
          default = [ ];
          example = [
            1
            2
          ];
          description = "Numbers.";
          relatedPackages = [ "tool" ];
          readOnly = true;
        };
      }
    ];
    select = documents;
    expected = [
      {
        name = "a.b";
        loc = [
          "a"
          "b"
        ];
        type = "list of signed integer";
        description = "Numbers.";
        declarations = [ "/declared.nix" ];
        default = {
          _type = "literalExpression";
          text = "[ ]";
        };
        example = {
          _type = "literalExpression";
          text = "[\n  1\n  2\n]";
        };
        relatedPackages = [ "tool" ];
        internal = false;
        readOnly = true;
        visible = true;
      }
    ];
  };
  fewest-fields = {
    modules = [ { options.a = mkOption { }; } ];
    select = documents;
    expected = [
      {
        name = "a";
        loc = [ "a" ];
        type = "unspecified value";
        description = null;
        declarations = [ ];
        internal = false;
        readOnly = false;
        visible = true;
      }
    ];
  };
  the-text-of-the-default = {
    modules = [
      {
        options = {
          text = mkOption {
            type = types.int;
            default = throw "never looked at";
            defaultText = literalExpression "1 + 1";
          };
          markdown = mkOption {
            type = types.int;
            defaultText = literalMD "the *usual*";
          };
          plain = mkOption {
            type = types.int;
            defaultText = "usual";
          };
          code = mkOption {
            type = types.int;
            default = 1;
            example = lib.options.literalCode "sh" "true";
          };
          empty = mkOption { type = types.attrsOf types.int; };
          nothing = mkOption { type = types.int; };
        };
      }
    ];
    select = fields [
      "name"
      "default"
      "example"
    ];
    expected = [
      {
        name = "code";
        default = {
          _type = "literalExpression";
          text = "1";
        };
        example = {
          _type = "literalMD";
          text = "```sh\ntrue\n```\n";
        };
      }
      {
        name = "empty";
        default = {
          _type = "literalExpression";
          text = "{ }";
        };
      }
      {
        name = "markdown";
        default = {
          _type = "literalMD";
          text = "the *usual*";
        };
      }
      { name = "nothing"; }
      {
        name = "plain";
        default = {
          _type = "literalExpression";
          text = "\"usual\"";
        };
      }
      {
        name = "text";
        default = {
          _type = "literalExpression";
          text = "1 + 1";
        };
      }
    ];
  };
  visibility = {
    modules =
      let
        inner = types.submodule { options.inner = mkOption { type = types.int; }; };
        of = visible: mkOption { type = inner; } // { inherit visible; };
      in
      [
        {
          options = {
            hidden = of false;
            shallow = of "shallow";
            shown = of true;
            transparent = of "transparent";
          };
        }
      ];
    select = fields [
      "name"
      "visible"
    ];
    expected = [
      {
        name = "hidden";
        visible = false;
      }
      {
        name = "shallow";
        visible = true;
      }
      {
        name = "shown";
        visible = true;
      }
      {
        name = "shown.inner";
        visible = true;
      }
      {
        name = "transparent";
        visible = false;
      }
      {
        name = "transparent.inner";
        visible = true;
      }
    ];
  };
  sub-options-of-every-kind = {
    modules =
      let
        inner = types.submodule { options.x = mkOption { }; };
      in
      [
        {
          options = {
            attrs = mkOption { type = types.attrsOf inner; };
            either = mkOption { type = types.either inner types.int; };
            function = mkOption { type = types.functionTo inner; };
            lazy = mkOption { type = types.lazyAttrsOf inner; };
            list = mkOption { type = types.listOf inner; };
            nested = mkOption { type = types.nullOr (types.attrsOf (types.listOf inner)); };
            null = mkOption { type = types.nullOr inner; };
            own = mkOption {
              type = types.attrsWith {
                elemType = inner;
                placeholder = "host";
              };
            };
            tag = mkOption { type = types.attrTag { one = mkOption { type = inner; }; }; };
          };
        }
      ];
    select = names;
    expected = [
      "attrs"
      "attrs.<name>.x"
      "either"
      "function"
      "function.<function body>.x"
      "lazy"
      "lazy.<name>.x"
      "list"
      "list.*.x"
      "nested"
      "nested.<name>.*.x"
      "null"
      "null.x"
      "own"
      "own.<host>.x"
      "tag"
      "tag.one"
      "tag.one.x"
    ];
  };
  the-name-in-a-default = {
    modules = [
      {
        options.hosts = mkOption {
          type = types.attrsOf (
            types.submodule (
              { name, ... }:
              {
                options.host = mkOption {
                  type = types.str;
                  default = name;
                };
              }
            )
          );
        };
      }
    ];
    select = evaluation: (lib.last (documents evaluation)).default.text;
    expected = "\"‹name›\"";
  };
  options-of-the-module-system = {
    modules = [
      {
        options.s = mkOption { type = types.submodule { }; };
      }
    ];
    select =
      evaluation:
      map
        (document: [
          document.name
          document.internal
        ])
        (lib.optionAttrSetToDocList evaluation.options);
    expected = [
      [
        "_module.args"
        false
      ]
      [
        "_module.check"
        true
      ]
      [
        "_module.freeformType"
        true
      ]
      [
        "_module.specialArgs"
        true
      ]
      [
        "s"
        false
      ]
      [
        "s._module.args"
        true
      ]
      [
        "s._module.check"
        true
      ]
      [
        "s._module.freeformType"
        true
      ]
      [
        "s._module.specialArgs"
        true
      ]
    ];
  };
  freeform-sub-options = {
    modules = [
      {
        options.s = mkOption {
          type = types.submodule {
            freeformType = types.attrsOf (types.submodule { options.x = mkOption { }; });
            options.y = mkOption { };
          };
        };
      }
    ];
    select = names;
    expected = [
      "s"
      "s.<name>.x"
      "s.y"
    ];
  };
  renamed-and-removed = {
    modules = [
      {
        options.new = mkOption { type = types.int; };
        options.assertions = mkOption { };
      }
      (lib.mkRenamedOptionModule [ "old" ] [ "new" ])
      (lib.mkAliasOptionModule [ "alias" ] [ "new" ])
      (lib.mkRemovedOptionModule [ "gone" ] "")
    ];
    select = fields [
      "name"
      "visible"
      "type"
      "description"
    ];
    expected = [
      {
        name = "alias";
        visible = true;
        type = "signed integer";
        description = "Alias of {option}`new`.";
      }
      {
        name = "assertions";
        visible = true;
        type = "unspecified value";
        description = null;
      }
      {
        name = "gone";
        visible = false;
        type = "unspecified value";
        description = null;
      }
      {
        name = "new";
        visible = true;
        type = "signed integer";
        description = null;
      }
      {
        name = "old";
        visible = false;
        type = "signed integer";
        description = "Alias of {option}`new`.";
      }
    ];
  };
  an-option-alone = {
    value = lib.optionAttrSetToDocList {
      a = mkOption { } // {
        loc = [ "a" ];
        declarations = [ "<unknown-file>" ];
        type = types.str;
      };
    };
    expected = [
      {
        name = "a";
        loc = [ "a" ];
        type = "string";
        description = null;
        declarations = [ ];
        internal = false;
        readOnly = false;
        visible = true;
      }
    ];
  };
  rendered = {
    value = map (value: (lib.options.renderOptionValue value).text) [
      1
      "text"
      [ ]
      { a = 1; }
      (literalExpression "pkgs.tool")
      {
        type = "derivation";
        name = "tool-1.0";
      }
    ];
    expected = [
      "1"
      "\"text\""
      "[ ]"
      "{\n  a = 1;\n}"
      "pkgs.tool"
      "<derivation tool-1.0>"
    ];
  };
  scrubbed = {
    value = lib.scrubOptionValue {
      a = {
        type = "derivation";
        name = "p";
        drvPath = "/x";
      };
      b = [
        1
        { _args = 1; }
      ];
    };
    expected = {
      a = {
        type = "derivation";
        name = "p";
        drvPath = "p";
        outPath = "p";
      };
      b = [
        1
        { }
      ];
    };
  };
  default-that-throws = {
    modules = [ { options.a = mkOption { default = throw "no default"; }; } ];
    select = documents;
    fails = "throw";
    message = "no default";
  };
  literal-that-is-no-text = {
    value = literalExpression 3;
    fails = "throw";
    message = "literalExpression expects a string.";
  };
}
