{ config, lib, ... }:

{
  home.sessionVariables.EDITOR = lib.mkDefault "vi";
  home.sessionVariables.PAGER = "less";
  home.shellAliases = lib.mkMerge [
    { ll = "ls -l"; }
    (lib.mkIf config.programs.git.enable { g = "git"; })
    (lib.mkIf config.programs.jujutsu.enable { j = "jj"; })
  ];

  programs.bash = {
    enable = true;
    historySize = lib.mkOverride 900 5000;
    historyControl = [ "ignoreboth" ];
    shellOptions = lib.mkForce [ "extglob" ];
    initExtra = lib.mkMerge [
      (lib.mkAfter "source ~/.bashrc.local")
      "set -o vi"
      (lib.mkBefore "shopt -q login_shell")
    ];
  };
}
