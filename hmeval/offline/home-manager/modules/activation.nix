# The generation and the script that activates it: blocks of shell code in an order that each block
# states for itself.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.home;

  internal = attrs: mkOption (attrs // { internal = true; });

  sorted = lib.hm.dag.topoSort cfg.activation;
  blocks =
    sorted.result or (abort "Dependency cycle in activation script: ${builtins.toJSON sorted}");

  searchPath = lib.makeBinPath (
    [
      pkgs.bash
      pkgs.coreutils
      pkgs.diffutils
      pkgs.findutils
      pkgs.gnugrep
      pkgs.gnused
      pkgs.jq
    ]
    ++ cfg.extraActivationPath
  );

  script = pkgs.writeShellScript "activation-script" ''
    set -euo pipefail
    cd "$HOME"
    export PATH="${searchPath}${lib.optionalString (!cfg.emptyActivationPath) "\${PATH:+:}$PATH"}"

    ${config.lib.bash.initHomeManagerLib}
    checkUser ${lib.escapeShellArg cfg.username} ${lib.escapeShellArg cfg.homeDirectory}
    ${lib.optionalString (cfg.uid != null) "checkUid ${toString cfg.uid}"}

    ${lib.concatMapStringsSep "\n" (block: ''
      _iNote "Activating %s" ${block.name}
      ${block.data}'') blocks}
    ${lib.optionalString cfg.activationGenerateGcRoot "keepGeneration"}
  '';
in
{
  options.home = {
    activation = mkOption {
      type = lib.hm.types.dagOf types.str;
      default = { };
      example = lib.literalExpression ''
        {
          reloadTheme = lib.hm.dag.entryAfter [ "writeBoundary" ] "run reload-theme";
        }
      '';
      description = ''
        Blocks of shell code that activation runs. One that changes anything belongs after
        `writeBoundary`, and runs its commands through `run`, so that a dry run only shows them.
      '';
    };
    activationPackage = internal {
      type = types.package;
      description = "The generation: the activation script, and what it links and installs.";
    };
    activationGenerateGcRoot = internal {
      type = types.bool;
      default = true;
      description = "Whether activation keeps the generation from being collected as garbage.";
    };
    emptyActivationPath = internal {
      type = types.bool;
      default = lib.versionAtLeast cfg.stateVersion "22.11";
      defaultText = lib.literalMD "`true`; before 22.11, `false`";
      description = "Whether the activation script does without the user's own {env}`PATH`.";
    };
    extraActivationPath = internal {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages whose programs the activation script may call.";
    };
    extraBuilderCommands = internal {
      type = types.lines;
      default = "";
      description = "Shell code run where the generation is built.";
    };
  };

  config = {
    lib.bash.initHomeManagerLib = "source ${pkgs.writeText "hm-activation.sh" ''
      run() { if [[ -v DRY_RUN ]]; then echo "$@"; else "$@"; fi; }
      _iNote() { printf "$1\n" "''${@:2}"; }
      checkUser() { [[ $USER == "$1" && $HOME -ef $2 ]] || { echo "This is $1's configuration." >&2; exit 1; }; }
      checkUid() { [[ $(id -u) == "$1" ]] || { echo "This is the configuration of user number $1." >&2; exit 1; }; }
      keepGeneration() { run nix-store --realise "$newGenPath" --add-root "$currentGenGcPath"; }
    ''}";

    home.activation = {
      # Blocks before this one check; those after it change things.
      writeBoundary = lib.hm.dag.entryAnywhere "";
      installPackages = lib.hm.dag.entryAfter [ "writeBoundary" ] (
        if config.submoduleSupport.externalPackageInstall then
          "nixProfileRemove home-manager-path\n"
        else
          "run nix-env --install ${cfg.path}\n"
      );
    };

    home.activationPackage = pkgs.runCommand "home-manager-generation" {
      inherit (cfg) extraDependencies;
      passedChecks = lib.concatMapStringsSep " " toString cfg.checks;
    } ''
      mkdir -p $out/bin
      echo ${cfg.version.full} > $out/hm-version
      echo 1 > $out/gen-version
      cp ${script} $out/activate
      ln -s $out/activate $out/bin/home-manager-generation
      ln -s ${config.home-files} $out/home-files
      ln -s ${cfg.path} $out/home-path
      ${cfg.extraBuilderCommands}
    '';
  };
}
