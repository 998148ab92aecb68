{ config, lib, ... }:

{
  programs.git = {
    enable = true;
    lfs.enable = lib.mkDefault true;
    settings = {
      user.name = "Alice Example";
      user.email = lib.mkDefault "alice@example.org";
      init.defaultBranch = "main";
    };
    ignores = [ "*.swp" ];
  };
}
