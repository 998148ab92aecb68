# Files in the home folder, as links into a package that holds them all.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (config.home) homeDirectory;
  inherit (import ./file-type.nix { inherit homeDirectory lib pkgs; }) fileType;

  # Shorter targets first: a folder comes before what may lie in it.
  files = lib.sortOn (file: builtins.stringLength file.target) (
    builtins.filter (file: file.enable) (builtins.attrValues config.home.file)
  );
  targets = map (file: file.target) files;
  duplicates = builtins.attrNames (
    lib.filterAttrs (_: same: builtins.length same > 1) (builtins.groupBy (target: target) targets)
  );

  # A path on disk is copied into the store under a name that Nix allows.
  storePathOf =
    file:
    let
      source = toString file.source;
    in
    if builtins.hasContext source then
      source
    else
      "${builtins.path {
        path = file.source;
        name = lib.hm.strings.storeFileName (baseNameOf source);
      }}";

  insert =
    file:
    "insertFile ${
      lib.escapeShellArgs [
        (storePathOf file)
        file.target
        (if file.executable == null then "inherit" else file.executable)
        file.recursive
        file.ignorelinks
      ]
    }\n";

  changeHook =
    file:
    lib.optionalString (file.onChange != "") ''
      if [[ ''${changedFiles[${lib.escapeShellArg file.target}]} ]]; then
      ${file.onChange}
      fi
    '';
in
{
  options = {
    home.file = mkOption {
      type = fileType "home.file" "{env}`HOME`" homeDirectory;
      default = { };
      description = "Files to link into the home folder, by their place in it.";
    };
    home.fileOverlapResolution = mkOption {
      type = types.enum [
        "ignore"
        "error"
        "override"
      ];
      default = "ignore";
      visible = false;
      description = "What happens to a file whose place a recursive folder already fills.";
    };
    home-files = mkOption {
      type = types.package;
      internal = true;
      description = "The package of all files.";
    };
  };

  config = {
    assertions = [
      {
        assertion = duplicates == [ ];
        message = "Conflicting managed target files: ${lib.concatStringsSep ", " duplicates}\n\nEach of them is the `target` of more than one of `home.file`.";
      }
    ];

    # A link to a place that is not in the store, and can therefore be edited.
    lib.file.mkOutOfStoreSymlink =
      path:
      pkgs.runCommandLocal (lib.hm.strings.storeFileName (
        baseNameOf (toString path)
      )) { } "ln -s ${lib.escapeShellArg (toString path)} $out";

    home-files = pkgs.runCommandLocal "home-manager-files" { } (lib.concatMapStrings insert files);

    home.activation = {
      checkLinkTargets = lib.hm.dag.entryBefore [ "writeBoundary" ] ''
        checkCollisions "$newGenPath/home-files" ${
          lib.escapeShellArgs (map (file: file.target) (builtins.filter (file: file.force) files))
        }
      '';
      checkFilesChanged = lib.hm.dag.entryBefore [ "linkGeneration" ] ''
        declare -A changedFiles
        ${lib.concatMapStrings (
          file:
          lib.optionalString (
            file.onChange != ""
          ) "compareFile ${lib.escapeShellArg (storePathOf file)} ${lib.escapeShellArg file.target}\n"
        ) files}'';
      linkGeneration = lib.hm.dag.entryAfter [ "writeBoundary" ] ''
        removeLinks "$oldGenPath/home-files" "$newGenPath/home-files"
        linkFiles "$newGenPath/home-files"
      '';
      onFilesChange = lib.hm.dag.entryAfter [ "linkGeneration" ] (lib.concatMapStrings changeHook files);
    };
  };
}
