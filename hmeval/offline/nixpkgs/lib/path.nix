# Paths, and where they lie.
{ lib }:

{
  append = path: subpath: path + "/${subpath}";
  hasStorePathPrefix =
    path:
    lib.hasPrefix "${builtins.storeDir}/" (builtins.unsafeDiscardStringContext (toString path));
  hasPrefix = prefix: path: lib.hasPrefix "${toString prefix}/" "${toString path}/";
  removePrefix = prefix: path: "./${lib.removePrefix "${toString prefix}/" (toString path)}";
  subpath.isValid =
    value:
    builtins.isString value
    && value != ""
    && !(lib.hasPrefix "/" value)
    && !(builtins.elem ".." (lib.splitString "/" value));
}
