# launchd agents: with and without the wait for the store, with names of their own, one that is off.
{ pkgs, ... }:
{
  home = {
    username = "alice";
    homeDirectory = "/Users/alice";
    stateVersion = "25.11";
  };
  manual.manpages.enable = false;
  launchd.agents = {
    sync = {
      enable = true;
      config = {
        ProgramArguments = [
          "${pkgs.git}/bin/git"
          "it's a & b"
        ];
        KeepAlive = true;
        StartCalendarInterval = [ { Hour = 12; } ];
      };
    };
    direct = {
      enable = true;
      waitForNixStore = false;
      domain = "user";
      config = {
        Program = "/bin/x";
        Label = "a.label";
      };
    };
    off.config.Program = "/bin/y";
  };
}
