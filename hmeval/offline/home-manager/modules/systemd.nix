# The user's systemd units.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    literalExpression
    mkIf
    mkOption
    types
    ;
  cfg = config.systemd.user;

  listOrString = types.coercedTo types.str lib.toList (types.listOf types.str);
  packageOrString = types.either types.package types.str;

  primitive = types.oneOf [
    types.bool
    types.int
    types.str
    types.path
  ];

  # A unit file: sections of keys, of which a few are declared.
  unitType =
    kind: declarations:
    types.attrsOf (
      types.submodule {
        imports = [ declarations ];
        freeformType =
          types.attrsOf (types.attrsOf (types.either primitive (types.listOf primitive)))
          // {
            description = "systemd ${kind} unit configuration";
          };
        options.Unit = {
          Description = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "Nightly backup";
            description = "One line that says what the unit is.";
          };
          Documentation = mkOption {
            type = listOrString;
            default = [ ];
            example = [ "man:backup(1)" ];
            description = "Addresses of the unit's documentation.";
          };
        };
      }
    );

  triggers =
    what:
    mkOption {
      type = types.listOf packageOrString;
      default = [ ];
      example = literalExpression ''[ config.xdg.configFile."backup.conf".source ]'';
      description = "Values of which a change makes activation ${what} the service.";
    };

  serviceDeclarations.options = {
    Unit = {
      X-Reload-Triggers = triggers "reload";
      X-Restart-Triggers = triggers "restart";
      X-SwitchMethod = mkOption {
        type = types.enum [
          null
          "reload"
          "restart"
          "stop-start"
          "keep-old"
        ];
        default = null;
        description = "How activation goes from an old version of the service to a new one.";
      };
    };
    Service = {
      Environment = mkOption {
        type = listOrString;
        default = [ ];
        example = [ "LEVEL=debug" ];
        description = "Variables of the service's processes.";
      };
      ExecStart = mkOption {
        type = types.either packageOrString (types.listOf packageOrString);
        default = [ ];
        apply = lib.toList;
        example = "/run/current-system/sw/bin/backup --all";
        description = "The command that is the service, or the commands of a oneshot one.";
      };
    };
  };

  # Option → kind of unit.
  kinds = {
    automounts = "automount";
    mounts = "mount";
    paths = "path";
    services = "service";
    slices = "slice";
    sockets = "socket";
    targets = "target";
    timers = "timer";
  };

  unitOption =
    kind:
    mkOption {
      type = unitType kind (lib.optionalAttrs (kind == "service") serviceDeclarations);
      default = { };
      description = "The user's ${kind} units, by name; see {manpage}`systemd.${kind}(5)`.";
    };

  toUnitFile =
    unit:
    lib.generators.toINI {
      listsAsDuplicateKeys = true;
      mkKeyValue =
        key: value: "${key}=${if builtins.isBool value then lib.boolToString value else toString value}";
    } (dropEmpty (lib.mapAttrs (_: dropUnset) unit));
  dropUnset = lib.filterAttrs (_: value: value != null && value != [ ]);
  dropEmpty = lib.filterAttrs (_: section: section != { });

  # The unit's file, and a link to it in the folder of every target that asks for it.
  filesOf =
    kind: name: unit:
    let
      file = "${name}.${kind}";
      # systemd takes the unit's name from the end of the link.
      source = "${
        pkgs.writeTextFile {
          name = lib.replaceStrings [ "@" ":" "\\" "[" "]" ] [ "-" "-" "-" "" "" ] file;
          destination = "/${file}";
          text = toUnitFile unit;
        }
      }/${file}";
      place = folder: lib.nameValuePair "systemd/user/${folder}${file}" { inherit source; };
    in
    [ (place "") ]
    ++ map (target: place "${target}.wants/") (unit.Install.WantedBy or [ ])
    ++ map (target: place "${target}.requires/") (unit.Install.RequiredBy or [ ]);

  unitFiles = lib.concatLists (
    lib.mapAttrsToList (
      option: kind: lib.concatLists (lib.mapAttrsToList (filesOf kind) cfg.${option})
    ) kinds
  );

  timeout = lib.optionalString (
    cfg.servicesStartTimeoutMs != 0
  ) "--timeout ${toString cfg.servicesStartTimeoutMs}";
in
{
  options.systemd.user = {
    enable = lib.mkEnableOption "units of the user's systemd" // {
      default = pkgs.stdenv.hostPlatform.isLinux;
      defaultText = literalExpression "pkgs.stdenv.hostPlatform.isLinux";
    };
    systemctlPath = mkOption {
      type = types.str;
      default = "${pkgs.systemd}/bin/systemctl";
      defaultText = literalExpression ''"''${pkgs.systemd}/bin/systemctl"'';
      description = "The absolute path of the {command}`systemctl` to use.";
    };
    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages whose `share/systemd/user` holds units to install.";
    };
    sessionVariables = mkOption {
      type = types.attrsOf (types.either types.int types.str);
      default = { };
      example = {
        EDITOR = "vim";
      };
      description = "Variables of the user's session, for services too; see {manpage}`environment.d(5)`.";
    };
    startServices = mkOption {
      type = types.either types.bool (
        types.enum [
          "suggest"
          "sd-switch"
        ]
      );
      apply = choice: if builtins.isBool choice then choice else choice == "sd-switch";
      default = true;
      description = ''
        Whether activation starts, restarts and stops units that changed (`true`, `sd-switch`), or
        only says which commands would (`false`, `suggest`).
      '';
    };
    servicesStartTimeoutMs = mkOption {
      type = types.ints.unsigned;
      default = 0;
      description = "How many milliseconds a started service has to fail; 0 for no limit.";
    };
  }
  // lib.mapAttrs (_: unitOption) kinds;

  config = mkIf cfg.enable {
    assertions = [
      (lib.hm.assertions.assertPlatform "systemd" pkgs lib.platforms.linux)
    ];

    xdg.configFile = lib.mkMerge [
      (lib.listToAttrs unitFiles)
      (mkIf (cfg.sessionVariables != { }) {
        "environment.d/10-home-manager.conf".text = lib.concatLines (
          lib.mapAttrsToList (name: value: "${name}=${toString value}") cfg.sessionVariables
        );
      })
    ];

    xdg.dataFile = mkIf (cfg.packages != [ ]) {
      "systemd/user" = {
        recursive = true;
        source = pkgs.symlinkJoin {
          name = "user-systemd-units";
          paths = cfg.packages;
          stripPrefix = "/share/systemd/user";
        };
      };
    };

    home.activation.reloadSystemd = lib.hm.dag.entryAfter [ "linkGeneration" ] (
      if cfg.startServices then
        "run ${lib.getExe pkgs.sd-switch} ${timeout} --new-units \"$newUnitsDir\"\n"
      else
        "suggestUnits ${dirOf cfg.systemctlPath} \"$oldUnitsDir\" \"$newUnitsDir\"\n"
    );
  };
}
