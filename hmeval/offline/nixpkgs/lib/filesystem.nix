# What is on the disk.
{ lib }:

rec {
  pathType =
    path: if toString path == "/" then "directory" else (builtins.readDir (dirOf path)).${baseNameOf path};
  pathIsDirectory = path: builtins.pathExists path && pathType path == "directory";
  pathIsRegularFile = path: builtins.pathExists path && pathType path == "regular";
  listFilesRecursive =
    folder:
    lib.flatten (
      lib.mapAttrsToList (
        name: type:
        let
          path = folder + "/${name}";
        in
        if type == "directory" then listFilesRecursive path else path
      ) (builtins.readDir folder)
    );
}
