# Files that systemd creates, empties and removes.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (config.systemd.user.tmpfiles) rules;
  unit = name: { source = "${pkgs.systemd}/example/systemd/user/${name}"; };
in
{
  options.systemd.user.tmpfiles.rules = lib.mkOption {
    type = lib.types.listOf lib.types.str;
    default = [ ];
    example = [ "d %h/scratch - - - 7d" ];
    description = "Rules, one per line; see {manpage}`tmpfiles.d(5)`.";
  };

  config = lib.mkIf (rules != [ ]) {
    assertions = [
      (lib.hm.assertions.assertPlatform "systemd.user.tmpfiles" pkgs lib.platforms.linux)
    ];
    xdg.configFile = {
      "user-tmpfiles.d/home-manager.conf" = {
        text = "# From `systemd.user.tmpfiles.rules'.\n" + lib.concatLines rules;
        onChange = "run ${pkgs.systemd}/bin/systemd-tmpfiles --user --remove --create\n";
      };
      "systemd/user/basic.target.wants/systemd-tmpfiles-setup.service" =
        unit "systemd-tmpfiles-setup.service";
      "systemd/user/systemd-tmpfiles-setup.service" = unit "systemd-tmpfiles-setup.service";
      "systemd/user/timers.target.wants/systemd-tmpfiles-clean.timer" =
        unit "systemd-tmpfiles-clean.timer";
      "systemd/user/systemd-tmpfiles-clean.service" = unit "systemd-tmpfiles-clean.service";
    };
  };
}
