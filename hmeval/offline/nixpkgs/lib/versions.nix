# Parts of a version such as 2.44.1.
{ lib }:

let
  part = n: version: builtins.elemAt (lib.versions.splitVersion version) n;
in
{
  inherit (builtins) splitVersion;
  major = part 0;
  minor = part 1;
  patch = part 2;
  majorMinor = version: "${part 0 version}.${part 1 version}";
  pad =
    n: version:
    let
      numbers = lib.splitString "." (builtins.head (lib.splitString "-" version));
      suffix = lib.removePrefix (builtins.head (lib.splitString "-" version)) version;
    in
    lib.concatStringsSep "." (lib.take n (numbers ++ lib.replicate n "0")) + suffix;
}
