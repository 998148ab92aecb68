{ lib, ... }:
{
  options.leaf = lib.mkOption { type = lib.types.listOf lib.types.str; };
  config.leaf = [ "leaf" ];
}
