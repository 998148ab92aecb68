# The assertions that fail in a configuration, each with the place where it is written, as far as Nix knows it.
#
# `options` are those of an evaluation with probe.nix: without it, Home Manager throws as soon as anything of a
# configuration with failed assertions is touched.
options:
let
  inherit (builtins) concatMap tryEval unsafeGetAttrPos;
  fails =
    item:
    let
      holds = tryEval item.assertion;
    in
    holds.success && !holds.value;
  describe = file: item: {
    inherit file;
    inherit (item) message;
    position = unsafeGetAttrPos "message" item;
  };
in
concatMap (
  definition: map (describe definition.file) (builtins.filter fails definition.value)
) options.assertions.definitionsWithLocations
