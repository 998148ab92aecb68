# The configuration whose options the language server offers until it may evaluate the user's own.
{
  home.username = "user";
  home.homeDirectory = "/home/user";
  home.stateVersion = "26.05";
}
