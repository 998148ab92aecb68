# macOS defaults of all hosts and of this one, and apps that are copied.
{
  home = {
    username = "alice";
    homeDirectory = "/Users/alice";
    stateVersion = "25.11";
  };
  manual.manpages.enable = false;
  targets.darwin = {
    defaults = {
      "com.apple.dock" = {
        tilesize = 48;
        autohide = true;
      };
      NSGlobalDomain.AppleLocale = "it's <fi> & \"more\"";
      "com.apple.nothing".here = null;
      "org.example.app" = {
        list = [
          1
          2.5
          { a = "b"; }
        ];
        "with a blank" = "";
      };
    };
    currentHostDefaults."com.apple.controlcenter".BatteryShowPercentage = true;
    copyApps.directory = "Applications/Mine";
  };
}
