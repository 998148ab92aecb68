{ config, lib, ... }:

{
  options.laptop.lid = lib.mkOption {
    type = lib.types.enum [
      "ignore"
      "suspend"
    ];
    default = "suspend";
    apply = lib.toUpper;
    description = "What the lid does.";
  };
  config = {
    laptop.lid = lib.mkIf config.programs.git.enable "ignore";
    home.language.base = "de_DE.UTF-8";
  };
}
