# The assertions that fail in a configuration, each with the place where it is written, as far as Nix knows it.
#
# Home Manager throws as soon as anything of a configuration with failed assertions is touched. `probe` is a module
# for a second evaluation: it makes the assertions' value empty and leaves their definitions as they are.
{
  probe =
    { lib, ... }:
    {
      options.assertions = lib.mkOption { apply = _: [ ]; };
    };

  failed =
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
    ) options.assertions.definitionsWithLocations;
}
