{
  imports = [
    ./leaf.nix
    ./leaf.nix
  ];
  leaf = [ "branch" ];
}
