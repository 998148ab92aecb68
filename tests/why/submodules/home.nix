# Submodules that define something themselves, in every type that holds them.
{ lib, ... }:
let
  inherit (lib) mkOption types;

  server =
    { config, ... }:
    {
      options.port = mkOption {
        type = types.port;
        default = 1;
      };
      options.secure = mkOption { type = types.bool; };
      config.port = lib.mkDefault 587;
      config.secure = lib.mkDefault (config.port != 80);
    };

  sub =
    { name, config, ... }:
    {
      imports = [
        ./inner.nix
        (lib.mkAliasOptionModule [ "was" ] [ "label" ])
      ];
      options.label = mkOption {
        type = types.str;
        default = "none";
      };
      options.size = mkOption {
        type = types.int;
        default = 1;
      };
      options.big = mkOption {
        type = types.bool;
        default = false;
      };
      options.dir = mkOption {
        type = types.submodule { options.path = mkOption { type = types.str; }; };
      };
      options.server = mkOption {
        type = types.nullOr (types.submodule server);
        default = null;
      };
      config.label = lib.mkDefault "label-${name}";
      config.imported = [ name ];
      config.size = lib.mkIf config.big 9;
      config.dir.path = lib.mkOptionDefault "/${name}";
    };

  element =
    { config, ... }:
    {
      options.n = mkOption {
        type = types.int;
        default = 0;
      };
      options.doubled = mkOption { type = types.int; };
      config.doubled = lib.mkDefault (2 * config.n);
    };
in
{
  options = {
    subs = mkOption {
      type = types.attrsOf (types.submodule sub);
      default = { };
    };
    holder = mkOption {
      type = types.submodule {
        options.inner = mkOption {
          type = types.submodule { options.x = mkOption { default = 1; }; };
          default.x = 5;
        };
      };
      default = { };
    };
    free = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf types.int;
        config.mine = lib.mkDefault 2;
        config.other = 1;
      };
      default = { };
    };
    coerced = mkOption {
      type = types.attrsOf (
        types.coercedTo types.str (path: { inherit path; }) (
          types.submodule { options.path = mkOption { type = types.str; }; }
        )
      );
    };
    either = mkOption {
      type = types.either types.str (
        types.submodule {
          options.n = mkOption { default = 1; };
          config.n = lib.mkDefault 4;
        }
      );
    };
    tagged = mkOption {
      type = types.attrTag {
        one = mkOption {
          type = types.submodule {
            options.m = mkOption { };
            config.m = lib.mkDefault 3;
          };
        };
      };
    };
    list = mkOption {
      type = types.listOf (types.submodule element);
      default = [ ];
    };
    strings = mkOption { type = types.listOf types.str; };
    nested = mkOption { type = types.listOf (types.listOf (types.submodule element)); };
  };

  config = lib.mkMerge [
    {
      home.username = "alice";
      home.homeDirectory = "/home/alice";
      home.stateVersion = "26.05";

      subs.plain = { };
      subs.set.label = "mine";
      subs.big = {
        big = true;
      };
      subs.function =
        { name, ... }:
        {
          label = lib.mkForce "of ${name}";
        };
      subs.forced.label = "weak";
      subs.named.was = lib.mkForce "old";

      free.mine = 9;
      coerced.text = "text";
      coerced.file = "/not/there"; # a string, and no module to be imported
      coerced.whole.path = "whole";
      either = { };
      tagged.one = { };
      strings = [ "a" "b" ];
      nested = [ [ ] [ { n = 7; } ] ];
      list = lib.mkMerge [
        (lib.mkAfter [ { n = 3; } ])
        [ (lib.mkIf false { n = 8; }) { n = 1; } { n = lib.mkForce 2; } ]
        (lib.mkDefault [ { n = 9; } ])
        (lib.mkBefore [ { n = 0; } ])
      ];
    }
    {
      subs.big.server.port = 25;
      subs.forced = lib.mkForce { label = "strong"; };
    }
  ];
}
