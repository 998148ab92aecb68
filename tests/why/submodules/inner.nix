{ lib, ... }:
{
  options.imported = lib.mkOption {
    type = lib.types.listOf lib.types.str; default = [ ]; };
  config.imported = [ "inner" ];
}
