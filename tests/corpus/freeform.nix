# Definitions that no option was declared for, where they are allowed.
{ lib }:

let
  inherit (lib)
    mkDefault
    mkIf
    mkOption
    types
    ;
in
{
  beside-declared-options = {
    modules = [
      {
        freeformType = types.attrsOf types.int;
        options.known = mkOption { default = "text"; };
      }
      { other = 1; }
    ];
    expected = {
      known = "text";
      other = 1;
    };
  };
  of-another-type = {
    modules = [
      { freeformType = types.attrsOf types.int; }
      { other = "text"; }
    ];
    fails = "throw";
    message = "A definition for option `other' is not of type `signed integer'.";
  };
  nested = {
    modules = [
      {
        freeformType = types.attrsOf (types.attrsOf types.int);
        options.section.known = mkOption { default = 1; };
      }
      { section.other = 2; }
      { another.x = 3; }
    ];
    expected = {
      section = {
        known = 1;
        other = 2;
      };
      another.x = 3;
    };
  };
  with-priorities = {
    modules = [
      { freeformType = types.attrsOf types.int; }
      { x = mkDefault 1; }
      { x = 2; }
      { y = mkIf false 3; }
    ];
    expected.x = 2;
  };
  in-a-submodule = {
    modules = [
      {
        options.settings = mkOption {
          type = types.submodule {
            freeformType = types.attrsOf types.str;
            options.level = mkOption {
              type = types.str;
              default = "info";
            };
          };
          default = { };
        };
      }
      { settings.colour = "green"; }
    ];
    expected.settings = {
      level = "info";
      colour = "green";
    };
  };
  description-of-the-open-submodule = {
    value = map (type: type.description) [
      (types.submodule { freeformType = types.attrsOf types.str; })
      (types.attrsOf (types.submodule { freeformType = types.attrsOf types.int; }))
      (types.submoduleWith {
        modules = [ ];
        description = "something else";
      })
    ];
    expected = [
      "open submodule of attribute set of string"
      "attribute set of (open submodule of attribute set of signed integer)"
      "something else"
    ];
  };
  sub-options = {
    value =
      let
        type = types.submodule {
          freeformType = types.attrsOf (types.submodule { options.x = mkOption { }; });
          options.y = mkOption { };
        };
        options = type.getSubOptions [ "s" ];
      in
      {
        names = builtins.attrNames (removeAttrs options [ "_module" ]);
        inner = options._freeformOptions.x.loc;
        nested = type.nestedTypes.freeformType.description;
      };
    expected = {
      names = [
        "_freeformOptions"
        "y"
      ];
      inner = [
        "s"
        "<name>"
        "x"
      ];
      nested = "attribute set of (submodule)";
    };
  };
  two-types-merge = {
    modules = [
      { freeformType = types.attrsOf (types.enum [ "a" ]); }
      { freeformType = types.attrsOf (types.enum [ "b" ]); }
      {
        x = "a";
        y = "b";
      }
    ];
    expected = {
      x = "a";
      y = "b";
    };
  };
  no-check = {
    modules = [
      { options.a = mkOption { default = 1; }; }
      {
        _module.check = false;
        b = 2;
      }
    ];
    expected.a = 1;
  };
  check-turned-off-later = {
    modules = [
      { options.a = mkOption { default = 1; }; }
      { b = 2; }
    ];
    select =
      evaluation:
      (evaluation.extendModules { modules = [ { _module.check = lib.mkForce false; } ]; }).config;
    expected.a = 1;
  };
}
