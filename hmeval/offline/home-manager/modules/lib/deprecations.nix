# Defaults that changed with a release, for those who started before it.
{ lib }:

{
  mkStateVersionOptionDefault =
    {
      stateVersion,
      since,
      optionPath,
      legacy,
      current,
    }:
    let
      isLegacy = lib.versionOlder stateVersion since;
      show = choice: choice.text or (lib.generators.toPretty { } choice.value);
      name = lib.showOption optionPath;
      effectiveDefault = if isLegacy then legacy.value else current.value;
    in
    {
      inherit effectiveDefault;
      default =
        lib.warnIf (isLegacy && legacy.value != current.value)
          "The default of `${name}' is ${show current} since ${since}; with your `home.stateVersion' it is still ${show legacy}. Set the option to one of the two to be rid of this warning."
          effectiveDefault;
      defaultText = lib.literalExpression "if lib.versionAtLeast config.home.stateVersion \"${since}\" then ${show current} else ${show legacy}\n";
    };
}
