# A home for every installation: files, programs, services, and definitions of several priorities.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  home.stateVersion = "26.05";
  home.packages = [
    pkgs.ripgrep
    pkgs.fd
  ];
  home.sessionVariables.EDITOR = lib.mkDefault "vi";
  home.file.".note".text = ''
    A note of ${config.home.username}.
  '';
  xdg.configFile."app/config.json".source = (pkgs.formats.json { }).generate "config.json" {
    size = 12;
    names = [ "a" ];
  };
  programs.git = {
    enable = true;
    settings.user.name = "Alice";
    ignores = lib.mkMerge [
      [ "*.swp" ]
      (lib.mkBefore [ ".env" ])
    ];
  };
  programs.ssh = {
    enable = true;
    enableDefaultConfig = false;
    settings.work.HostName = "work.example";
  };
  programs.zsh.enable = true;
  programs.zsh.shellAliases.ll = "ls -l";
  programs.htop.settings.delay = lib.mkForce 15;
  programs.kitty.settings.background_opacity = lib.mkIf (config.home.username == "alice") 0.5;
  # Its list of options has floats in it, which Nix 2.8 writes in another way (manual.nix).
  manual.manpages.enable = false;
}
