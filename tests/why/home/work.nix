{ config, lib, ... }:

let
  atWork = config.home.username == "alice";
in
lib.mkMerge [
  {
    programs.git.lfs.enable = false;
    programs.git.ignores = lib.mkBefore [ ".env" ];
  }
  (lib.mkIf atWork {
    programs.git.settings.user.email = "alice@work.example";
    programs.git.signing.key = "0xALICE";
  })
  (lib.mkIf (!atWork) {
    programs.git.signing.key = "0xNOBODY";
    programs.git.settings.init.defaultBranch = lib.mkForce "trunk";
  })
]
