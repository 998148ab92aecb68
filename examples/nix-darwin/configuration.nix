# The laptop, and whose home is built together with it.
{ pkgs, ... }:

{
  nixpkgs.hostPlatform = "aarch64-darwin";

  networking.hostName = "laptop";
  environment.systemPackages = [ pkgs.vim ];
  system.primaryUser = "alice";
  system.stateVersion = 6;

  # nix-darwin does not know where homes are, Home Manager has to be told.
  users.users.alice.home = "/Users/alice";

  home-manager = {
    useGlobalPkgs = true;
    useUserPackages = true;
    extraSpecialArgs.editor = "nvim";
    sharedModules = [ { xdg.enable = true; } ];
    users.alice = ./alice.nix;
  };
}
