# Git, with another address for work.
{ config, lib, ... }:

{
  programs.git = {
    enable = true;
    lfs.enable = lib.mkDefault true;
    settings = {
      user.name = "Alice Example";
      user.email = "alice@example.org";
      init.defaultBranch = "main";
      alias = {
        co = "checkout";
        graph = "log --graph --oneline --all";
      };
      url."git@git.example.org:".insteadOf = "example:";
    };
    ignores = [
      "*.swp"
      "result"
    ];
    includes = [
      {
        condition = "gitdir:${config.home.homeDirectory}/work/";
        contents.user.email = "alice@work.example";
      }
    ];
  };

  programs.ssh = {
    enable = true;
    enableDefaultConfig = false;
    settings = {
      "git.example.org" = lib.hm.dag.entryBefore [ "*.example.org" ] {
        User = "git";
        IdentitiesOnly = true;
      };
      "*.example.org".IdentityFile = "~/.ssh/example";
    };
  };
}
