# What the modules of an evaluation are called with, from the evaluation's result alone: lib, config, options,
# specialArgs, and each of these.
#
# No result has the `lib`. It is the one that a module gets in an evaluation of its own, made by the same lib: through
# the constructor that the result's `type` names.
result:
let
  inherit (result.type) functor;
  specialArgs = functor.payload.specialArgs or { };
  alone = functor.type {
    modules = [ ({ lib, ... }: { options.lib = lib.mkOption { default = lib; }; }) ];
  };
in
{
  inherit (result) options;
  # Modules see more of it than the result shows.
  config = result.config // { inherit (result) _module; };
  inherit specialArgs;
  lib = (alone.getSubOptions [ ]).lib.default;
}
// specialArgs
