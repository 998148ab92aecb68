# Values that are configurations of their own.
{ lib }:

let
  inherit (lib)
    mkDefault
    mkForce
    mkIf
    mkOption
    types
    ;

  person = types.submodule (
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
        };
        age = mkOption {
          type = types.int;
          default = 0;
        };
      };
    }
  );
  people = {
    options.people = mkOption {
      type = types.attrsOf person;
      default = { };
    };
  };
in
{
  name-is-the-attribute = {
    modules = [
      people
      { people.alice = { }; }
    ];
    expected.people.alice = {
      name = "alice";
      age = 0;
    };
  };
  definitions-meet-inside = {
    modules = [
      people
      { people.alice.age = mkDefault 1; }
      {
        people.alice = {
          age = 2;
          name = "Alice";
        };
      }
    ];
    expected.people.alice = {
      name = "Alice";
      age = 2;
    };
  };
  conditional-instance = {
    modules = [
      people
      {
        people = {
          alice = mkIf true { };
          bob = mkIf false { };
        };
      }
    ];
    select = evaluation: builtins.attrNames evaluation.config.people;
    expected = [ "alice" ];
  };
  function-as-a-value = {
    modules = [
      people
      {
        people.alice =
          { config, ... }:
          {
            name = "aged ${toString config.age}";
            age = 7;
          };
      }
    ];
    expected.people.alice = {
      name = "aged 7";
      age = 7;
    };
  };
  set-with-config-attribute = {
    modules = [
      {
        options.s = mkOption {
          type = types.submodule { options.config = mkOption { type = types.int; }; };
        };
      }
      { s.config = 1; }
    ];
    expected.s.config = 1;
  };
  full-modules-as-values = {
    modules = [
      {
        options.s = mkOption { type = types.submoduleWith { modules = [ ]; }; };
      }
      {
        s = {
          options.added = mkOption { type = types.int; };
          config.added = 1;
        };
      }
    ];
    expected.s.added = 1;
  };
  special-arguments = {
    modules = [
      {
        options.s = mkOption {
          type = types.submoduleWith {
            specialArgs.colour = "green";
            modules = [
              (
                { colour, ... }:
                {
                  options.c = mkOption {
                    type = types.str;
                    default = colour;
                  };
                }
              )
            ];
          };
          default = { };
        };
      }
    ];
    expected.s.c = "green";
  };
  list-instances-have-names = {
    modules = [
      { options.l = mkOption { type = types.listOf person; }; }
      {
        l = [
          { }
          { name = "given"; }
        ];
      }
    ];
    expected.l = [
      {
        name = "[definition 1-entry 1]";
        age = 0;
      }
      {
        name = "given";
        age = 0;
      }
    ];
  };
  options-added-by-a-second-declaration = {
    modules = [
      people
      {
        options.people = mkOption {
          type = types.attrsOf (
            types.submodule {
              options.city = mkOption {
                type = types.str;
                default = "Bern";
              };
            }
          );
        };
      }
      { people.alice = { }; }
    ];
    expected.people.alice = {
      name = "alice";
      age = 0;
      city = "Bern";
    };
  };
  options-added-as-a-tree = {
    modules = [
      {
        options.s = mkOption {
          type = types.submodule { options.x = mkOption { default = 1; }; };
          default = { };
        };
      }
      { options.s.y = mkOption { default = 2; }; }
    ];
    expected.s = {
      x = 1;
      y = 2;
    };
  };
  without-a-definition = {
    modules = [
      {
        options.s = mkOption {
          type = types.submodule {
            options.x = mkOption {
              type = types.int;
              default = 1;
            };
          };
        };
      }
    ];
    select = evaluation: {
      inherit (evaluation.config) s;
      inherit (evaluation.options.s) isDefined;
    };
    expected = {
      s.x = 1;
      isDefined = false;
    };
  };
  outer-configuration-is-seen = {
    modules = [
      people
      { options.base = mkOption { default = 40; }; }
      (
        { config, ... }:
        {
          people.alice.age = config.base + 2;
        }
      )
    ];
    expected = {
      base = 40;
      people.alice = {
        name = "alice";
        age = 42;
      };
    };
  };
  names-of-a-nullable-one = {
    modules = [
      {
        options.s = mkOption {
          type = types.nullOr (types.submodule { options.x = mkOption { default = 1; }; });
          default = null;
        };
      }
      { s.x = 2; }
    ];
    expected.s.x = 2;
  };
  value-of-the-instance = {
    modules = [
      people
      { people.alice.age = mkForce 3; }
    ];
    select =
      evaluation:
      let
        instance = evaluation.options.people.valueMeta.attrs.alice.configuration;
      in
      {
        inherit (instance.options.age) loc value highestPrio;
        inherit (instance.config) name;
      };
    expected = {
      loc = [
        "people"
        "alice"
        "age"
      ];
      value = 3;
      highestPrio = 50;
      name = "alice";
    };
  };
  values-of-list-instances = {
    modules = [
      { options.l = mkOption { type = types.listOf person; }; }
      { l = [ { age = 1; } ]; }
    ];
    select =
      evaluation: map (meta: meta.configuration.options.age.loc) evaluation.options.l.valueMeta.list;
    expected = [
      [
        "l"
        "[definition 1-entry 1]"
        "age"
      ]
    ];
  };
  plain-types-have-no-instance = {
    modules = [ { options.a = mkOption { default = 1; }; } ];
    select = evaluation: evaluation.options.a.valueMeta;
    expected = { };
  };
  deferred = {
    modules = [
      { options.m = mkOption { type = types.deferredModule; }; }
      { m.x = 1; }
      {
        m =
          { lib, ... }:
          {
            options.x = mkOption { type = types.int; };
          };
      }
    ];
    select = evaluation: (lib.evalModules { modules = [ evaluation.config.m ]; }).config;
    expected.x = 1;
  };
  deferred-with-declarations = {
    value =
      let
        type = types.deferredModuleWith {
          staticModules = [ { options.x = mkOption { type = types.int; }; } ];
        };
      in
      [
        type.description
        (builtins.attrNames (removeAttrs (type.getSubOptions [ "m" ]) [ "_module" ]))
      ];
    expected = [
      "module"
      [ "x" ]
    ];
  };
  unknown-inside = {
    modules = [
      people
      { people.alice.agee = 1; }
    ];
    fails = "throw";
    message = "The option `people.alice.agee' does not exist. Definition values:";
  };
  mistyped-inside = {
    modules = [
      people
      { people.alice.age = "old"; }
    ];
    fails = "throw";
    message = "A definition for option `people.alice.age' is not of type `signed integer'.";
  };
  undeclared-altogether = {
    modules = [
      { options.s = mkOption { type = types.submodule { }; }; }
      { s.x = 1; }
    ];
    fails = "throw";
    message = "The option `s.x' does not exist. Definition values:";
  };
  no-module = {
    modules = [
      people
      { people.alice = 3; }
    ];
    fails = "throw";
    message = "A definition for option `people.alice' is not of type `submodule'.";
  };
  classes-disagree = {
    modules = [
      {
        options.s = mkOption { type = types.submoduleWith { class = "a"; modules = [ ]; }; };
      }
      {
        s = {
          _class = "b";
        };
      }
    ];
    fails = "throw";
    message = "expects class \"a\".";
  };
  instance-recursion-is-lazy = {
    modules = [
      {
        options.tree = mkOption {
          type =
            let
              node = types.submodule {
                options = {
                  value = mkOption { type = types.int; };
                  below = mkOption {
                    type = types.attrsOf node;
                    default = { };
                  };
                };
              };
            in
            node;
        };
      }
      {
        tree = {
          value = 1;
          below.x.value = 2;
        };
      }
    ];
    expected.tree = {
      value = 1;
      below.x = {
        value = 2;
        below = { };
      };
    };
  };
}
