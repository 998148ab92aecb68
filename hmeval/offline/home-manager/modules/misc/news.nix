# News of changes, shown to those whom they concern.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  entry = types.submodule (
    { config, ... }:
    {
      options = {
        id = mkOption {
          type = types.str;
          internal = true;
          description = "What tells the entry from others; by default a hash of its message.";
        };
        time = mkOption {
          type = types.str;
          internal = true;
          example = "2026-08-22T10:00:00+00:00";
          description = "When it was written, in UTC.";
        };
        condition = mkOption {
          default = true;
          internal = true;
          description = "Whether it concerns this configuration.";
        };
        message = mkOption {
          type = types.str;
          internal = true;
          description = "The text.";
        };
      };
      config.id = lib.mkDefault (builtins.hashString "sha256" config.message);
    }
  );
in
{
  options.news = {
    display = mkOption {
      type = types.enum [
        "silent"
        "notify"
        "show"
      ];
      default = "notify";
      description = "What building a configuration says of unread news: nothing, how many, or all.";
    };
    entries = mkOption {
      type = types.listOf entry;
      default = [ ];
      internal = true;
      description = "The news.";
    };
    json.output = mkOption {
      type = types.package;
      internal = true;
      description = "The news as a file.";
    };
  };

  config.news.json.output = pkgs.writeText "hm-news.json" (
    builtins.toJSON { inherit (config.news) display entries; }
  );
}
