{ lib, ... }:

{
  accounts.email.accounts.private = {
    primary = true;
    address = "alice@example.org";
    realName = lib.mkDefault "Alice";
    imap.host = "imap.example.org";
    imap.port = lib.mkIf true 993;
  };
  accounts.email.accounts.work = lib.mkMerge [
    { address = "alice@work.example"; }
    { realName = "A. Example"; }
    (lib.mkIf false { realName = "Nobody"; })
  ];
}
