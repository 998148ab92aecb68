{ lib, ... }:

{
  programs.htop = lib.mkForce {
    enable = true;
    settings.hide_kernel_threads = 1;
  };
  programs.bash.historySize = lib.mkDefault 9000;
  programs.bash.historyFileSize = lib.mkVMOverride 1;
  home.sessionVariables.LESS = lib.mkOptionDefault "-R";
  programs.ssh.settings."git.example.org" = {
    Port = lib.mkIf true (lib.mkOverride 70 2222);
    Compression = lib.mkIf false true;
  };
  programs.firefox.profiles.home.settings = lib.mkForce {
    "browser.startup.homepage" = "about:blank";
  };
}
