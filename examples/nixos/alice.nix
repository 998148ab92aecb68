# Alice's home; name, number and folder are those of her account.
{
  config,
  editor,
  osConfig,
  pkgs,
  ...
}:

{
  home.stateVersion = "26.05";
  home.packages = [ pkgs.fd ];
  home.sessionVariables = {
    EDITOR = editor;
    PAGER = "less -R";
    MACHINE = osConfig.networking.hostName;
  };

  programs.git = {
    enable = true;
    settings.user.name = "Alice Example";
    ignores = [ "*.swp" ];
  };

  home.file."notes/.keep".text = "";
  xdg.configFile."fd/ignore".text = "node_modules\n";
  home.shellAliases.notes = "cd ${config.home.homeDirectory}/notes";
}
