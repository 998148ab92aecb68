# Where ssh finds the agent that holds the keys.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
  cfg = config.sshAuthSock;

  codeFor =
    shell:
    mkOption {
      type = types.str;
      description = "Code that sets {env}`SSH_AUTH_SOCK` in ${shell}.";
    };
in
{
  options.sshAuthSock = {
    enable = lib.mkEnableOption "" // {
      description = "Whether shells set {env}`SSH_AUTH_SOCK`, unless ssh has forwarded an agent.";
    };
    initialization = {
      bash = codeFor "bash";
      fish = codeFor "fish";
      nushell = codeFor "nushell";
      zsh = codeFor "zsh" // {
        default = cfg.initialization.bash;
        defaultText = lib.literalExpression "config.sshAuthSock.initialization.bash";
      };
    };
    systemd.socketProviderUnit = mkOption {
      type = types.str;
      example = "ssh-agent.service";
      description = "The unit that serves the socket.";
    };
  };

  config = lib.mkIf cfg.enable {
    # Early: what follows may need it.
    programs.bash.profileExtra = lib.mkOrder 900 ''
      if [ -z "$SSH_AUTH_SOCK" -o -z "$SSH_CONNECTION" ]; then
        ${cfg.initialization.bash}
      fi
    '';
  };
}
