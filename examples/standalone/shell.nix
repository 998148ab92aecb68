# Bash, and what all shells have in common.
{
  config,
  lib,
  pkgs,
  ...
}:

{
  home.shellAliases = {
    ll = "ls -l";
    ".." = "cd ..";
  };

  home.sessionVariables = {
    EDITOR = lib.mkDefault "vi";
    PAGER = "less -R";
  };
  home.sessionPath = [ "$HOME/.local/bin" ];

  home.packages = lib.mkBefore [ pkgs.less ];

  programs.bash = {
    enable = true;
    historyControl = [ "ignoreboth" ];
    historyFile = "${config.xdg.stateHome}/bash/history";
    # The default list without its last two.
    shellOptions = lib.mkForce [
      "histappend"
      "extglob"
    ];
    shellAliases.rg = "rg --smart-case";
    initExtra = lib.mkMerge [
      (lib.mkAfter "[ -r ~/.bashrc.local ] && . ~/.bashrc.local")
      "set -o vi"
    ];
  };
}
