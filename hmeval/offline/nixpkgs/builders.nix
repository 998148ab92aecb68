# Functions that make derivations. What they would build is kept as an attribute of the derivation,
# so that two with different contents have different store paths.
{ lib, pkgs }:

let
  # Never built: whoever tries is told so by the failing command.
  derive =
    attrs:
    derivation (
      {
        inherit (pkgs) system;
        builder = "/bin/sh";
        args = [
          "-c"
          "exit 1"
        ];
      }
      // attrs
    );

  # The attributes that nixpkgs' packages have beyond those of a derivation.
  asPackage =
    drv: extra:
    let
      package =
        drv
        // {
          meta = { };
          passthru = { };
        }
        // extra
        // {
          out = package;
          outputName = "out";
          override = _: package;
          overrideAttrs =
            f:
            let
              new = if lib.isFunction f then f package else f;
            in
            asPackage (derive (
              { name = nameOf (extra // new); }
              // lib.filterAttrs (_: lib.isString) (removeAttrs new [ "name" ])
            )) (extra // new);
        };
    in
    package;

  nameOf =
    attrs: attrs.name or (attrs.pname + lib.optionalString (attrs ? version) "-${attrs.version}");

  textFile =
    name: attrs:
    asPackage (derive ({ inherit name; } // attrs)) { inherit name; };
in
rec {
  # { pname, version, description, mainProgram, … } → a package
  mkPackage =
    {
      pname,
      version,
      description ? null,
      mainProgram ? null,
      ...
    }@attrs:
    let
      name = nameOf { inherit pname version; };
    in
    asPackage (derive { inherit name; }) (
      {
        inherit name pname version;
        meta = {
          inherit name description;
          license = lib.licenses.mit;
          maintainers = [ ];
          platforms = lib.platforms.all;
        }
        // lib.optionalAttrs (mainProgram != null) { inherit mainProgram; };
      }
      // removeAttrs attrs [
        "description"
        "mainProgram"
      ]
    );

  mkDerivation =
    attrs:
    let
      fixed = if lib.isFunction attrs then lib.fix attrs else attrs;
      name = nameOf fixed;
    in
    asPackage (derive { inherit name; }) (removeAttrs fixed [ "src" ] // { inherit name; });

  writeText = name: text: textFile name { inherit text; };
  writeTextDir = path: text: writeTextFile {
    name = baseNameOf path;
    destination = "/${path}";
    inherit text;
  };
  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
      ...
    }:
    textFile name {
      inherit text destination executable;
    }
    // {
      inherit meta;
    };
  writeScript = name: text: writeTextFile {
    inherit name text;
    executable = true;
  };
  writeScriptBin = name: text: writeTextFile {
    inherit name text;
    executable = true;
    destination = "/bin/${name}";
    meta.mainProgram = name;
  };
  writeShellScript = name: text: writeScript name "#!${pkgs.bash}/bin/bash\n${text}";
  writeShellScriptBin = name: text: writeScriptBin name "#!${pkgs.bash}/bin/bash\n${text}\n";
  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      ...
    }:
    writeShellScriptBin name ''
      set -o errexit -o nounset -o pipefail
      ${lib.optionalString (
        runtimeInputs != [ ]
      ) "export PATH=${lib.escapeShellArg (lib.makeBinPath runtimeInputs)}:$PATH\n"}
      ${text}'';
  concatText =
    name: files:
    textFile name { files = map toString files; };

  runCommand =
    name: env: command:
    asPackage (derive ({ inherit name command; } // env)) { inherit name; };
  runCommandLocal = runCommand;

  symlinkJoin =
    {
      name,
      paths,
      postBuild ? "",
      meta ? { },
      ...
    }:
    runCommand name { inherit paths postBuild; } "join" // { inherit meta; };
  buildEnv =
    {
      name,
      paths,
      postBuild ? "",
      extraOutputsToInstall ? [ ],
      meta ? { },
      ...
    }:
    runCommand name { inherit paths postBuild extraOutputsToInstall; } "environment"
    // {
      inherit paths meta;
    };
  linkFarm =
    name: entries:
    let
      named = entry: lib.nameValuePair entry.name entry.path;
      targets = if lib.isList entries then lib.listToAttrs (map named entries) else entries;
    in
    runCommand name { links = lib.mapAttrsToList (target: path: "${target} ${path}") targets; } "links";
}
