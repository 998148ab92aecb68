# Option types.
#
#   mk-type.nix      what a type is, and how two declarations' types merge
#   scalars.nix      types of one value: numbers, strings, paths, packages
#   containers.nix   types over another type: lists, sets, alternatives, functions
#   submodules.nix   types whose values are configurations of their own
{ lib }:

let
  base = import ./mk-type.nix { inherit lib; };
  arguments = { inherit lib base; };
in
{
  inherit (base)
    addCheck
    defaultFunctor
    defaultTypeMerge
    isOptionType
    isType
    mergeTypes
    mkOptionType
    optionDescriptionPhrase
    setType
    throwUnlessCoherent
    ;
  types = lib.types;
}
// import ./scalars.nix arguments
// import ./containers.nix arguments
// import ./submodules.nix arguments
