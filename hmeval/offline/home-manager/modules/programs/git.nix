# Git.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    mkDefault
    mkEnableOption
    mkIf
    mkOption
    types
    ;
  cfg = config.programs.git;
  toGitINI = lib.generators.toGitINI;

  # Sections of keys, or of sections of keys; a list repeats its key.
  iniType =
    let
      value = types.either types.str (types.either types.bool types.int);
      values = types.either value (types.listOf value);
    in
    types.attrsOf (types.attrsOf (types.either values (types.attrsOf values)));

  format = lib.hm.deprecations.mkStateVersionOptionDefault {
    inherit (config.home) stateVersion;
    since = "25.05";
    optionPath = [
      "programs"
      "git"
      "signing"
      "format"
    ];
    legacy.value = "openpgp";
    current.value = null;
  };
  signers = {
    openpgp = lib.getExe pkgs.gnupg;
    ssh = lib.getExe' pkgs.openssh "ssh-keygen";
    x509 = lib.getExe' pkgs.gnupg "gpgsm";
  };

  include = types.submodule (
    { config, ... }:
    {
      options = {
        condition = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "gitdir:~/work/";
          description = "When to include the file; `null` for always.";
        };
        path = mkOption {
          type = types.either types.str types.path;
          description = "The file to include.";
        };
        contents = mkOption {
          type = types.attrsOf types.anything;
          default = { };
          example = {
            user.email = "alice@work.example";
          };
          description = "The settings to include, in place of a path.";
        };
        contentSuffix = mkOption {
          type = types.str;
          default = "gitconfig";
          description = "The name, in the store, of the file with the contents.";
        };
      };
      config.path = mkIf (config.contents != { }) (
        mkDefault (
          pkgs.writeText (lib.hm.strings.storeFileName config.contentSuffix) (toGitINI config.contents)
        )
      );
    }
  );
  includeSection =
    { condition, path, ... }:
    if condition == null then
      { include.path = "${path}"; }
    else
      { includeIf.${condition}.path = "${path}"; };

  git = if cfg.package == null then "git" else lib.getExe cfg.package;
  gitLfs = if cfg.lfs.package == null then "git-lfs" else lib.getExe cfg.lfs.package;
  skip = lib.optionalString cfg.lfs.skipSmudge " --skip";

  fragments =
    [ cfg.iniContent ]
    ++ builtins.filter (fragment: fragment != { }) (
      lib.optionals (builtins.isList cfg.settings) cfg.settings
    );
  texts = builtins.filter (text: builtins.match "[[:space:]]*" text == null) (map toGitINI fragments);

  maintenanceUnit = "git-maintenance@";
in
{
  imports = [
    (lib.mkRenamedOptionModule
      [ "programs" "git" "signing" "gpgPath" ]
      [ "programs" "git" "signing" "signer" ]
    )
    (lib.mkRenamedOptionModule
      [ "programs" "git" "extraConfig" ]
      [ "programs" "git" "settings" ]
    )
    (lib.mkRenamedOptionModule
      [ "programs" "git" "userName" ]
      [ "programs" "git" "settings" "user" "name" ]
    )
    (lib.mkRenamedOptionModule
      [ "programs" "git" "userEmail" ]
      [ "programs" "git" "settings" "user" "email" ]
    )
    (lib.mkRenamedOptionModule
      [ "programs" "git" "aliases" ]
      [ "programs" "git" "settings" "alias" ]
    )
  ];

  options.programs.git = {
    enable = mkEnableOption "git";
    package = lib.mkPackageOption pkgs "git" { nullable = true; };
    settings = mkOption {
      type = types.either iniType (types.listOf iniType);
      default = { };
      example = {
        init.defaultBranch = "main";
        url."git@example.org:".insteadOf = "example:";
      };
      description = ''
        Git's settings, as in {manpage}`git-config(1)`; a list of sets where their order or a repeated
        section matters.
      '';
    };
    iniContent = mkOption {
      type = iniType;
      internal = true;
      description = "The settings of all modules together.";
    };
    ignores = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "*.swp" ];
      description = "Patterns of files that git ignores everywhere.";
    };
    attributes = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "*.pdf diff=pdf" ];
      description = "Attributes of paths, everywhere.";
    };
    hooks = mkOption {
      type = types.attrsOf types.path;
      default = { };
      example = lib.literalExpression "{ pre-commit = ./check.sh; }";
      description = "Scripts that git runs, by the name of their occasion.";
    };
    includes = mkOption {
      type = types.listOf include;
      default = [ ];
      example = [
        {
          path = "~/work/gitconfig";
          condition = "gitdir:~/work/";
        }
      ];
      description = "Further files of settings.";
    };
    signing = {
      key = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "The key to sign with; `null` leaves the choice to the signer.";
      };
      format = mkOption {
        type = types.nullOr (
          types.enum [
            "openpgp"
            "ssh"
            "x509"
          ]
        );
        inherit (format) defaultText;
        description = "The kind of signatures.";
      };
      signByDefault = mkOption {
        type = types.nullOr types.bool;
        default = null;
        description = "Whether commits and tags are signed without being asked to.";
      };
      signer = mkOption {
        type = types.nullOr types.str;
        description = "The program that signs.";
      };
    };
    lfs = {
      enable = mkEnableOption "Git LFS, for large files";
      package = lib.mkPackageOption pkgs "git-lfs" { nullable = true; };
      skipSmudge = mkOption {
        type = types.bool;
        default = false;
        description = "Whether large files are fetched only by {command}`git lfs pull`.";
      };
    };
    maintenance = {
      enable = mkEnableOption "" // {
        description = "Whether timers run {command}`git maintenance`.";
      };
      repositories = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "The repositories to maintain, by absolute path.";
      };
      timers = mkOption {
        type = types.attrsOf types.str;
        default = {
          hourly = "*-*-* 1..23:53:00";
          daily = "Tue..Sun *-*-* 0:53:00";
          weekly = "Mon 0:53:00";
        };
        description = "When each kind of maintenance runs, as {manpage}`systemd.time(7)` writes it.";
      };
    };
  };

  config = mkIf cfg.enable (
    lib.mkMerge [
      {
        home.packages = lib.optional (cfg.package != null) cfg.package;
        programs.git = {
          signing = {
            format = lib.mkOptionDefault format.effectiveDefault;
            signer = mkIf (cfg.signing.format != null) (
              lib.mkOptionDefault signers.${cfg.signing.format}
            );
          };
          iniContent = lib.mkMerge [
            (mkIf (!builtins.isList cfg.settings) cfg.settings)
            (mkIf (cfg.signing.key != null) { user.signingKey = mkDefault cfg.signing.key; })
            (mkIf (cfg.signing.signByDefault != null) {
              commit.gpgSign = mkDefault cfg.signing.signByDefault;
              tag.gpgSign = mkDefault cfg.signing.signByDefault;
            })
            (mkIf (cfg.signing.format != null) {
              gpg = {
                format = mkDefault cfg.signing.format;
                ${cfg.signing.format}.program = mkDefault cfg.signing.signer;
              };
            })
          ];
        };
        xdg.configFile = {
          "git/config".text = lib.mkMerge [
            (lib.concatStringsSep "\n" texts)
            (mkIf (cfg.includes != [ ]) (
              lib.mkAfter (lib.concatMapStringsSep "\n" (i: toGitINI (includeSection i)) cfg.includes)
            ))
          ];
          "git/ignore" = mkIf (cfg.ignores != [ ]) { text = lib.concatLines cfg.ignores; };
          "git/attributes" = mkIf (cfg.attributes != [ ]) { text = lib.concatLines cfg.attributes; };
        };
      }

      (mkIf (cfg.hooks != { }) {
        programs.git.iniContent.core.hooksPath = toString (
          pkgs.linkFarm "git-hooks" (lib.mapAttrsToList (name: path: { inherit name path; }) cfg.hooks)
        );
      })

      (mkIf cfg.lfs.enable {
        home.packages = lib.optional (cfg.lfs.package != null) cfg.lfs.package;
        programs.git.iniContent.filter.lfs = {
          clean = "${gitLfs} clean -- %f";
          process = "${gitLfs} filter-process${skip}";
          required = true;
          smudge = "${gitLfs} smudge${skip} -- %f";
        };
      })

      (mkIf cfg.maintenance.enable {
        programs.git.iniContent.maintenance.repo = cfg.maintenance.repositories;
        systemd.user = {
          services.${maintenanceUnit} = {
            Unit.Description = "Maintenance of git repositories";
            Unit.Documentation = [ "man:git-maintenance(1)" ];
            Service = {
              Type = "oneshot";
              ExecStart = "\"${git}\" for-each-repo --keep-going --config=maintenance.repo maintenance run --schedule=%i\n";
            };
          };
          timers = lib.mapAttrs' (
            schedule: time:
            lib.nameValuePair "${maintenanceUnit}${schedule}" {
              Unit.Description = "Maintenance of git repositories";
              Timer = {
                OnCalendar = time;
                Persistent = true;
              };
              Install.WantedBy = [ "timers.target" ];
            }
          ) cfg.maintenance.timers;
        };
      })
    ]
  );
}
