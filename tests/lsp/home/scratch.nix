{ lib, ... }:
{
  programs.git.enabel = true;
  programs.jq.enable = "yes";
  programs.git.userName = "Alice";
  news.display = "loud";
}
