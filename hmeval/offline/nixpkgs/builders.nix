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

  # As nixpkgs' stdenv has it, a derivation whose commands are in its `buildCommand`; lists and null may be in it.
  commands =
    attrs:
    derivation (
      {
        inherit (pkgs) system;
        __ignoreNulls = true;
        builder = "${pkgs.bash}/bin/bash";
        args = [
          "-e"
          ./stdenv/source-stdenv.sh
          ./stdenv/default-builder.sh
        ];
        stdenv = derive { name = "stdenv-linux"; };
        outputs = [ "out" ];
        strictDeps = false;
        doCheck = false;
        doInstallCheck = false;
      }
      // attrs
    );
  ofPackage = [
    "meta"
    "passthru"
  ];
  checkSyntax = "${pkgs.stdenv.shellDryRun} \"$target\"\n";
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

  writeText = name: text: writeTextFile { inherit name text; };
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
      checkPhase ? "",
      allowSubstitutes ? false,
      preferLocalBuild ? true,
      derivationArgs ? { },
      meta ? { },
      ...
    }:
    asPackage (commands (
      {
        inherit
          name
          text
          executable
          destination
          checkPhase
          allowSubstitutes
          preferLocalBuild
          ;
        passAsFile = [ "text" ];
        buildCommand = ''
          file=$out$destination
          mkdir -p "$(dirname "$file")"
          if test -e "$textPath"; then
            cat "$textPath" > "$file"
          else
            printf '%s' "$text" > "$file"
          fi
          if test -n "$executable"; then
            chmod +x "$file"
          fi
          target=$file
          eval "$checkPhase"
        '';
      }
      // removeAttrs derivationArgs ofPackage
    )) { inherit name text meta; };
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
  writeShellScript =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      text = "#!${pkgs.bash}/bin/bash\n${text}\n";
      checkPhase = checkSyntax;
    };
  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      text = "#!${pkgs.bash}/bin/bash\n${text}\n";
      checkPhase = checkSyntax;
      meta.mainProgram = name;
    };
  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      meta ? { },
      ...
    }:
    writeTextFile {
      inherit name meta;
      executable = true;
      destination = "/bin/${name}";
      allowSubstitutes = true;
      preferLocalBuild = false;
      text = ''
        #!${pkgs.bash}/bin/bash
        set -o errexit
        set -o nounset
        set -o pipefail

        export PATH="${
          lib.optionalString (runtimeInputs != [ ]) "${lib.makeBinPath runtimeInputs}:"
        }$PATH"

        ${text}
      '';
      checkPhase = "runHook preCheck\n${checkSyntax}runHook postCheck\n";
    };
  concatText =
    name: files:
    runCommand name { inherit files; } "cat $files > $out";

  runCommand =
    name: env: command:
    asPackage (commands (
      {
        inherit name;
        buildCommand = command;
        passAsFile = [ "buildCommand" ] ++ (env.passAsFile or [ ]);
        enableParallelBuilding = true;
      }
      // removeAttrs env ([ "passAsFile" ] ++ ofPackage)
    )) ({ inherit name; } // removeAttrs env [ "passAsFile" ]);
  runCommandLocal =
    name: env:
    runCommand name (
      {
        preferLocalBuild = true;
        allowSubstitutes = false;
      }
      // env
    );

  # Each `@NAME@` of a file replaced.
  replaceVars =
    src: replacements:
    let
      replace = name: value: "--replace-fail '@${name}@' ${lib.escapeShellArg value}";
    in
    asPackage (commands {
      name = baseNameOf src;
      inherit src;
      dontUnpack = true;
      doCheck = true;
      preferLocalBuild = true;
      allowSubstitutes = false;
      buildPhase = ''
        target=$out
        substitute "$src" "$target" ${lib.concatStringsSep " " (lib.mapAttrsToList replace replacements)}
      '';
      checkPhase = ''
        if grep -q '@[a-z]*@' "$target"; then
          exit 1
        fi
      '';
    }) { name = baseNameOf src; };

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
