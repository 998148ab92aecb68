# A NixOS configuration that is in files: `import <nixpkgs/nixos> { configuration = ./configuration.nix; }`.
{
  configuration ? <nixos-config>,
  system ? builtins.currentSystem or "x86_64-linux",
}:

let
  evaluated = import ./lib/eval-config.nix {
    inherit system;
    modules = [ configuration ];
  };
in
{
  inherit (evaluated) config options pkgs;
  system = evaluated.config.system.build.toplevel;
}
