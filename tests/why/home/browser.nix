{ lib, ... }:

{
  programs.firefox.enable = true;
  programs.firefox.profiles.work = {
    id = 1;
    settings."browser.startup.homepage" = "https://work.example";
  };
  programs.firefox.profiles.home = {
    isDefault = lib.mkDefault true;
    settings = {
      "browser.startup.homepage" = lib.mkDefault "https://home.example";
    };
  };
}
