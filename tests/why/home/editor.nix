{ config, lib, ... }:

{
  config = lib.mkIf config.programs.bash.enable {
    programs.readline = {
      enable = true;
      variables.editing-mode = "vi";
      variables.bell-style = lib.mkDefault "none";
    };
    nix.gc.dates = "daily";
    home.sessionPath = [ "$HOME/second" ];
  };
}
