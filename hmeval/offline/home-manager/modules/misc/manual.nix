# The manual.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.manual;

  enable =
    default: what:
    lib.mkOption {
      type = lib.types.bool;
      inherit default;
      example = !default;
      description = "Whether to install the manual as ${what}.";
    };
  manual = form: pkgs.runCommandLocal "home-configuration-reference-${form}" { } "mkdir $out";
in
{
  options.manual = {
    html.enable = enable false "pages for a browser" // { example = true; };
    json.enable = enable false "a list of all options in JSON";
    manpages.enable = enable true "the manual page {manpage}`home-configuration.nix(5)`";
  };

  config.home.packages =
    lib.optional cfg.html.enable (manual "html")
    ++ lib.optional cfg.json.enable (manual "json")
    ++ lib.optional cfg.manpages.enable (manual "manpage");
}
