# Names.
{ lib }:

{
  # A store name for a file: what is not allowed there is left out, and the dash too, after which
  # Nix would look for a version.
  storeFileName =
    path:
    "hm_${
      lib.concatStrings (builtins.filter builtins.isString (builtins.split "[^a-zA-Z0-9+._?=]" path))
    }";
}
