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

  unit = types.submodule {
    options = {
      description = mkOption {
        type = types.str;
        default = "";
        description = "What the unit is for.";
      };
      wantedBy = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "multi-user.target" ];
        description = "The units that start this one.";
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
  };

  config.systemd.services.sshd = lib.mkIf config.services.openssh.enable {
    description = "Remote login";
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "${pkgs.openssh}/bin/sshd -D";
  };
}
