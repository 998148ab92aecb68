{
  home = {
    username = "alice";
    homeDirectory = "/home/alice";
    stateVersion = "25.11";
    file."notes/.keep".text = "";
  };
  programs.git = {
    enable = true;
    settings.user.name = "Alice";
  };
}
