# The agent that holds the user's keys for ssh.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.services.ssh-agent;

  lifetime = lib.optionalString (
    cfg.defaultMaximumIdentityLifetime != null
  ) " -t ${toString cfg.defaultMaximumIdentityLifetime}";
  whitelist = lib.optionalString (
    cfg.pkcs11Whitelist != [ ]
  ) " -P '${lib.concatStringsSep "," cfg.pkcs11Whitelist}'";
  socket = "$XDG_RUNTIME_DIR/${cfg.socket}";
in
{
  imports =
    map
      (
        shell:
        lib.mkRemovedOptionModule [
          "services"
          "ssh-agent"
          "enable${shell}Integration"
        ] "Every shell sets the variable now."
      )
      [
        "Bash"
        "Fish"
        "Nushell"
        "Zsh"
      ];

  options.services.ssh-agent = {
    enable = lib.mkEnableOption "ssh's agent";
    package = lib.mkPackageOption pkgs "openssh" { };
    socket = mkOption {
      type = types.str;
      default = "ssh-agent";
      example = "ssh/agent";
      description = "The agent's socket, below {env}`XDG_RUNTIME_DIR`.";
    };
    defaultMaximumIdentityLifetime = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 3600;
      description = "For how many seconds the agent keeps a key; `null` for no limit.";
    };
    pkcs11Whitelist = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Patterns of the libraries that the agent may load for tokens and smart cards.";
    };
  };

  config = lib.mkIf cfg.enable {
    sshAuthSock = {
      enable = true;
      initialization = {
        bash = "export SSH_AUTH_SOCK=\"${socket}\"";
        fish = "set -x SSH_AUTH_SOCK \"${socket}\"";
        nushell = "$env.SSH_AUTH_SOCK = $\"($env.XDG_RUNTIME_DIR)/${cfg.socket}\"";
      };
      systemd.socketProviderUnit = "ssh-agent.service";
    };
    systemd.user.services.ssh-agent = {
      Unit = {
        Description = "Agent for the keys of ssh";
        Documentation = "man:ssh-agent(1)";
      };
      Service = {
        ExecStart = "${lib.getExe' cfg.package "ssh-agent"} -D -a %t/${cfg.socket}${lifetime}${whitelist}";
        SuccessExitStatus = 2;
      };
      Install.WantedBy = [ "default.target" ];
    };
  };
}
