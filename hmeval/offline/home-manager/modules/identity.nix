# Who the user is, and since which release.
{
  config,
  lib,
  ...
}:

let
  inherit (lib) mkOption types versionAtLeast;
  inherit (config.home) stateVersion;

  optionalText =
    description:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit description;
    };

  # Option → the variable of the locale that it sets, and what that is about.
  locale = {
    base = "LANG";
    ctype = "LC_CTYPE";
    numeric = "LC_NUMERIC";
    time = "LC_TIME";
    collate = "LC_COLLATE";
    monetary = "LC_MONETARY";
    messages = "LC_MESSAGES";
    paper = "LC_PAPER";
    name = "LC_NAME";
    address = "LC_ADDRESS";
    telephone = "LC_TELEPHONE";
    measurement = "LC_MEASUREMENT";
  };

  keyboard = types.submodule {
    options = {
      layout =
        optionalText "The keyboard layout; `null` leaves it to the system."
        // {
          default = if versionAtLeast stateVersion "19.09" then null else "us";
          defaultText = lib.literalExpression "null";
        };
      model = optionalText "The keyboard's model." // {
        example = "pc104";
      };
      options = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "caps:escape" ];
        description = "Further settings of the X keyboard extension.";
      };
      variant =
        optionalText "The variant of the layout; `null` leaves it to the system."
        // {
          default = if versionAtLeast stateVersion "19.09" then null else "";
          defaultText = lib.literalExpression "null";
          example = "dvorak";
        };
    };
  };

  # Until 20.09 the name and the folder were read from the environment.
  fromEnvironment =
    variable:
    lib.mkIf (lib.versionOlder stateVersion "20.09") (lib.mkDefault (builtins.getEnv variable));
in
{
  options.home = {
    username = mkOption {
      type = types.nonEmptyStr;
      defaultText = lib.literalMD "none; before 20.09, {env}`USER`";
      example = "alice";
      description = "The user's login name.";
    };
    uid = mkOption {
      type = types.nullOr types.ints.unsigned;
      default = null;
      example = 1000;
      description = "The user's number; activation refuses to run for another one.";
    };
    homeDirectory = mkOption {
      type = types.path;
      apply = toString;
      defaultText = lib.literalMD "none; before 20.09, {env}`HOME`";
      example = "/home/alice";
      description = "The absolute path of the user's home folder.";
    };
    stateVersion = mkOption {
      type = types.enum [
        "18.09"
        "19.03"
        "19.09"
        "20.03"
        "20.09"
        "21.03"
        "21.05"
        "21.11"
        "22.05"
        "22.11"
        "23.05"
        "23.11"
        "24.05"
        "24.11"
        "25.05"
        "25.11"
        "26.05"
        "26.11"
      ];
      example = "26.05";
      description = ''
        The release with which this configuration was begun. Defaults that depend on it stay what they
        were then; change it only after reading what else has to change.
      '';
    };
    version = {
      full = mkOption {
        type = types.str;
        internal = true;
        readOnly = true;
        default = config.home.version.release;
        description = "Home Manager's version, with the revision where there is one.";
      };
      release = mkOption {
        type = types.str;
        internal = true;
        readOnly = true;
        default = "26.11";
        description = "Home Manager's release.";
      };
      isReleaseBranch = mkOption {
        type = types.bool;
        internal = true;
        readOnly = true;
        default = false;
        description = "Whether Home Manager comes from the branch of a release.";
      };
      revision = mkOption {
        type = types.nullOr types.str;
        internal = true;
        default = null;
        description = "The commit of Home Manager, if known.";
      };
    };
    enableNixpkgsReleaseCheck = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to warn when nixpkgs and Home Manager are of different releases.";
    };
    language = mkOption {
      type = types.submodule {
        options = lib.mapAttrs (
          _: variable: optionalText "The locale for which the variable `${variable}` stands."
        ) locale;
      };
      default = { };
      description = "The locale, by category.";
    };
    keyboard = mkOption {
      type = types.nullOr keyboard;
      default = if versionAtLeast stateVersion "21.11" then null else { };
      defaultText = lib.literalMD "`null`; before 21.11, `{ }`";
      description = "The keyboard; `null` leaves it alone.";
    };
  };

  config = {
    home = {
      username = fromEnvironment "USER";
      homeDirectory = fromEnvironment "HOME";
      sessionVariables = lib.concatMapAttrs (
        category: variable:
        let
          value = config.home.language.${category};
        in
        lib.optionalAttrs (value != null) { ${variable} = value; }
      ) locale;
    };
    warnings =
      lib.optional
        (config.home.enableNixpkgsReleaseCheck && config.home.version.release != lib.trivial.release)
        "Home Manager ${config.home.version.release} is used with nixpkgs ${lib.trivial.release}; if that is meant, set `home.enableNixpkgsReleaseCheck = false`.";
  };
}
