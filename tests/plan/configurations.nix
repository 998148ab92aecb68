# Home Manager's own test configurations, by name, each with what hmeval's plan takes from it. What they run is left out.
{ homeManager, nixpkgs }:
let
  pkgs = import nixpkgs {
    config = { };
    overlays = [ ];
  };
  # In place of the library with which Home Manager tests what is built: what it is called with is evaluated alone.
  evaluate =
    {
      lib,
      modules,
      tests,
      ...
    }:
    let
      options.nmt = lib.mkOption { type = lib.types.raw; };
    in
    builtins.mapAttrs (
      _: test:
      lib.evalModules {
        modules = modules ++ [
          test
          { inherit options; }
        ];
      }
    ) tests;
  tests = builtins.scopedImport {
    fetchTarball = _: null;
    import = path: if path == null then evaluate else import path;
  } (homeManager + "/tests/default.nix") { inherit pkgs; };
in
builtins.mapAttrs (
  _:
  { config, options, ... }@test:
  rec {
    inputs = import ../../hmeval/nix/plan-inputs.nix {
      inherit config options;
      inherit (test._module.args) pkgs;
      lib = pkgs.lib;
    };
    # The commands that build its files.
    command = builtins.unsafeDiscardStringContext config.home-files.buildCommand;
    # target → its text, as it was given
    texts = builtins.listToAttrs (
      map
        (file: {
          name = builtins.unsafeDiscardStringContext file.target;
          value = builtins.unsafeDiscardStringContext file.text;
        })
        (
          builtins.filter (file: file.enable && file.text != null) (builtins.attrValues config.home.file)
        )
    );
  }
) tests
