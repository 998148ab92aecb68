# Units of systemd, and a service that has some.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  text = types.oneOf [
    types.bool
    types.int
    types.str
  ];

  units =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "multi-user.target" ];
      inherit description;
    };

  unit = types.submodule {
    options = {
      description = mkOption {
        type = types.str;
        default = "";
        description = "What the unit is for.";
      };
      wantedBy = units "The units that start this one.";
      wants = units "The units that this one starts.";
      after = units "The units that are started first.";
      before = units "The units that are started later.";
      stopIfChanged = mkOption {
        type = types.bool;
        default = true;
        description = "Whether a change stops the unit and starts it again, or restarts it.";
      };
      environment = mkOption {
        type = types.attrsOf types.str;
        default = { };
        description = "Environment variables of the unit.";
      };
      unitConfig = mkOption {
        type = types.attrsOf text;
        default = { };
        description = "Settings of the section `Unit`.";
      };
      serviceConfig = mkOption {
        type = types.attrsOf text;
        default = { };
        description = "Settings of the section `Service`.";
      };
    };
  };
in
{
  options = {
    services.openssh = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = "Whether one may log in over SSH.";
      };
      ports = mkOption {
        type = types.listOf types.port;
        default = [ 22 ];
        description = "Where the SSH server listens.";
      };
    };
    systemd.services = mkOption {
      type = types.attrsOf unit;
      default = { };
      description = "The system's services.";
    };
    systemd.user.services = mkOption {
      type = types.attrsOf unit;
      default = { };
      description = "The services that each user has.";
    };
  };

  config.systemd.services.sshd = lib.mkIf config.services.openssh.enable {
    description = "Remote login";
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "${pkgs.openssh}/bin/sshd -D";
  };
}
