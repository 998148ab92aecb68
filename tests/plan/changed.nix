# The same configuration a month later.
{ lib, pkgs, ... }:
{
  imports = [ ./home.nix ];
  home = {
    packages = [ pkgs.jq ];
    sessionVariables.EDITOR = lib.mkForce "nvim";
    file = {
      "many/file3".text = lib.mkForce "changed\n";
      "many/file4".enable = false;
      "hooked".text = lib.mkForce "hooked anew\n";
      "tree".enable = false;
      "new/place/file".text = "new\n";
    };
  };
  systemd.user.services.backup.Service.ExecStart = lib.mkForce "/bin/backup --all";
  dconf.settings."org/x" = {
    text = lib.mkForce "b";
  };
  dconf.settings."org/y".flag = true;
}
