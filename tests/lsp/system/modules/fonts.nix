{ lib, ... }: { fonts.fontconfig.enable = lib.mkOverride 2000 false; }
