{
  imports = [ ./circle.nix ];
  leaf = [ "circle" ];
}
