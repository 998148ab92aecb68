# Alice's home on the laptop.
{
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
    MACHINE = osConfig.networking.hostName;
  };

  programs.git = {
    enable = true;
    ignores = [ ".DS_Store" ];
  };
}
