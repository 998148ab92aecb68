# Strings made safe for the place where they will stand: Nix, shell, regular expression, XML, URL.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    isAttrs
    isList
    match
    replaceStrings
    toJSON
    ;
  inherit (lib.strings)
    concatMapStringsSep
    isStringLike
    isValidPosixName
    stringToCharacters
    toLower
    ;

  hexByte = number: lib.fixedWidthString 2 "0" (lib.toHexString number);

  nixKeywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];
in
rec {
  escape = chars: replaceStrings chars (map (char: "\\${char}") chars);
  escapeC =
    chars:
    replaceStrings chars (
      map (char: "\\x${toLower (hexByte (lib.strings.charToInt char))}") chars
    );
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  escapeXML =
    replaceStrings
      [
        "\""
        "'"
        "<"
        ">"
        "&"
      ]
      [
        "&quot;"
        "&apos;"
        "&lt;"
        "&gt;"
        "&amp;"
      ];
  escapeURL =
    let
      escapes = lib.mapAttrs (_: number: "%${hexByte number}") (
        lib.filterAttrs (char: _: match "[A-Za-z0-9_.~-]" char == null) lib.strings.asciiNumbers
      );
    in
    replaceStrings (attrNames escapes) (builtins.attrValues escapes);

  # JSON's escapes are Nix's, but for the dollar that would start an interpolation.
  escapeNixString = text: escape [ "$" ] (toJSON text);
  escapeNixIdentifier =
    name:
    if match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null && !builtins.elem name nixKeywords then
      name
    else
      escapeNixString name;

  escapeShellArg =
    arg:
    let
      text = toString arg;
    in
    if match "[[:alnum:],._+:@%/-]+" text != null then
      text
    else
      "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  toShellVar =
    name: value:
    assert lib.assertMsg (isValidPosixName name) "toShellVar: ${name} is not a valid shell variable name";
    if isAttrs value && !isStringLike value then
      "declare -A ${name}=(${
        concatStringsSep " " (
          map (key: "[${escapeShellArg key}]=${escapeShellArg value.${key}}") (attrNames value)
        )
      })"
    else if isList value then
      "declare -a ${name}=(${escapeShellArgs value})"
    else
      "${name}=${escapeShellArg value}";
  toShellVars = vars: concatStringsSep "\n" (map (name: toShellVar name vars.${name}) (attrNames vars));
}
