{ lib, ... }:

{
  programs.ssh = {
    enable = true;
    enableDefaultConfig = false;
    settings = {
      "git.example.org" = {
        User = "git";
        Port = lib.mkDefault 22;
      };
      "*.example.org" = lib.hm.dag.entryAfter [ "git.example.org" ] {
        User = lib.mkIf false "nobody";
        IdentityFile = "~/.ssh/example";
      };
    };
  };
}
