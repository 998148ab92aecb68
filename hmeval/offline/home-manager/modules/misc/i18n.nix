# Locales for programs that do not use the system's C library.
{
  config,
  lib,
  nixosConfig,
  pkgs,
  ...
}:

let
  inherit (config.i18n) glibcLocales;
  # Each release of the archive's format has a variable of its own.
  variables = lib.optionalAttrs (lib.versionAtLeast glibcLocales.version "2.27") {
    LOCALE_ARCHIVE_2_27 = "${glibcLocales}/lib/locale/locale-archive";
  };
in
{
  options.i18n.glibcLocales = lib.mkOption {
    type = lib.types.path;
    default = nixosConfig.i18n.glibcLocales or pkgs.glibcLocales;
    defaultText = lib.literalExpression "nixosConfig.i18n.glibcLocales or pkgs.glibcLocales";
    description = "The package of the archive with all locales; on Linux only.";
  };

  config = lib.mkIf pkgs.stdenv.hostPlatform.isLinux {
    home.sessionVariables = variables;
    systemd.user.sessionVariables = variables;
  };
}
