# Strings: joining, splitting, searching, numbers and search paths. Escaping is in escapes.nix.
{ lib }:

let
  inherit (builtins)
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    hasContext
    head
    isInt
    isList
    isPath
    isString
    length
    match
    replaceStrings
    split
    stringLength
    substring
    ;
  inherit (lib.lists) imap1 last;

  # The parts of a package's name, or of a text that is one.
  parseName = x: builtins.parseDrvName (x.name or x);

  # Printable ASCII starts at the space, number 32.
  printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
  asciiPairs = {
    lower = lib.strings.stringToCharacters "abcdefghijklmnopqrstuvwxyz";
    upper = lib.strings.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  };
in
rec {
  inherit (builtins)
    compareVersions
    concatStringsSep
    elem
    fromJSON
    getContext
    hasContext
    head
    isInt
    isList
    isPath
    isString
    length
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatImapStrings = f: xs: concatStrings (imap1 f xs);
  concatMapStringsSep =
    sep: f: xs:
    concatStringsSep sep (map f xs);
  concatImapStringsSep =
    sep: f: xs:
    concatStringsSep sep (imap1 f xs);
  concatMapAttrsStringSep =
    sep: f: set:
    concatStringsSep sep (lib.mapAttrsToList f set);
  concatLines = concatMapStrings (line: line + "\n");
  join = concatStringsSep;
  intersperse =
    separator: xs:
    if length xs < 2 then
      xs
    else
      builtins.tail (
        builtins.concatMap (x: [
          separator
          x
        ]) xs
      );
  optionalString = condition: text: if condition then text else "";
  # The number of each ASCII character that a Nix string is likely to hold.
  asciiNumbers = {
    "\t" = 9;
    "\n" = 10;
    "\r" = 13;
  }
  // builtins.listToAttrs (
    lib.imap0 (n: char: lib.nameValuePair char (n + 32)) (stringToCharacters printable)
  );

  replicate = n: text: concatStrings (lib.lists.replicate n text);

  stringToCharacters = text: genList (n: substring n 1 text) (stringLength text);
  stringAsChars = f: text: concatStrings (map f (stringToCharacters text));
  charToInt = char: asciiNumbers.${char};
  splitString =
    sep: text:
    map (lib.addContextFrom text) (
      filter isString (split (lib.strings.escapeRegex (toString sep)) (toString text))
    );
  splitStringBy =
    predicate: keepSplit: text:
    let
      chars = stringToCharacters text;
      step =
        state: char:
        if predicate state.previous char then
          {
            previous = char;
            done = state.done ++ [ state.current ];
            current = if keepSplit then char else "";
          }
        else
          {
            previous = char;
            inherit (state) done;
            current = state.current + char;
          };
      end = foldl' step {
        previous = "";
        done = [ ];
        current = "";
      } chars;
    in
    if text == "" then [ "" ] else end.done ++ [ end.current ];
  addContextFrom = source: text: substring 0 0 source + text;
  replaceString = from: to: replaceStrings [ from ] [ to ];
  replaceChars = replaceStrings;

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      start = stringLength text - stringLength suffix;
    in
    start >= 0 && substring start (-1) text == suffix;
  hasInfix = infix: text: match ".*${lib.strings.escapeRegex infix}.*" "${text}" != null;
  removePrefix =
    prefix: text:
    if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
  removeSuffix =
    suffix: text:
    if hasSuffix suffix text then
      substring 0 (stringLength text - stringLength suffix) text
    else
      text;
  trim = trimWith {
    start = true;
    end = true;
  };
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    text:
    let
      blank = "[ \t\r\n]*";
      withoutEnd = if end then head (match "(.*[^ \t\r\n]|)${blank}" text) else text;
    in
    if start then head (match "${blank}(.*)" withoutEnd) else withoutEnd;

  lowerChars = asciiPairs.lower;
  upperChars = asciiPairs.upper;
  toLower = replaceStrings upperChars lowerChars;
  toUpper = replaceStrings lowerChars upperChars;
  toSentenceCase = text: toUpper (substring 0 1 text) + toLower (substring 1 (-1) text);
  toCamelCase =
    text:
    let
      words = filter (word: isString word && word != "") (split "[-_ ]+" text);
    in
    if words == [ ] then
      ""
    else
      concatStrings ([ (toLower (head words)) ] ++ map toSentenceCase (builtins.tail words));

  isConvertibleWithToString =
    x:
    isStringLike x
    || x == null
    || builtins.isInt x
    || builtins.isFloat x
    || builtins.isBool x
    || (isList x && builtins.all isConvertibleWithToString x);
  isStringLike = x: isString x || isPath x || x ? outPath || x ? __toString;
  isStorePath =
    x:
    isStringLike x
    && (
      let
        text = builtins.unsafeDiscardStringContext (toString x);
      in
      substring 0 1 text == "/"
      && dirOf text == builtins.storeDir
    );
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;

  toInt =
    text:
    let
      parsed = match "[[:space:]]*(-?[[:digit:]]+)[[:space:]]*" text;
      octal = match "[[:space:]]*0[[:digit:]]+[[:space:]]*" text;
    in
    if octal != null then
      throw "toInt: Ambiguity in interpretation of ${lib.strings.escapeNixString text}: octal, or with zeros in front?"
    else if parsed == null then
      throw "toInt: Could not convert ${lib.strings.escapeNixString text} to int."
    else
      builtins.fromJSON (head parsed);
  toIntBase10 =
    text:
    let
      parsed = match "[[:space:]]*(-?)0*([[:digit:]]+)[[:space:]]*" text;
    in
    if parsed == null then
      throw "toIntBase10: Could not convert ${lib.strings.escapeNixString text} to int."
    else
      builtins.fromJSON (concatStrings parsed);
  floatToString =
    x:
    let
      text = toString x;
      exact = builtins.toJSON x;
    in
    lib.warnIf (builtins.fromJSON text != x) "${text} is not quite ${exact}" text;
  fixedWidthString =
    width: filler: text:
    let
      missing = width - stringLength text;
    in
    assert lib.assertMsg (missing >= 0) "fixedWidthString: the text is longer than ${toString width}: ${text}";
    if missing == 0 then text else filler + fixedWidthString (width - stringLength filler) filler text;
  fixedWidthNumber = width: number: fixedWidthString width "0" (toString number);

  versionOlder = a: b: builtins.compareVersions b a == 1;
  versionAtLeast = a: b: !versionOlder a b;
  getName = x: x.pname or (parseName x).name;
  getVersion = x: x.version or (parseName x).version;
  nameFromURL =
    url: sep:
    head (splitString sep (last (splitString "/" url)));
  sanitizeDerivationName =
    name:
    let
      allowed = concatMapStrings (part: if isList part then "-" else part) (
        split "[^[:alnum:]+._?=-]+" (builtins.unsafeDiscardStringContext (toString name))
      );
      undotted = head (match "[.]*(.*)" allowed);
      tooLong = stringLength undotted - 207;
      short = if tooLong > 0 then substring tooLong 207 undotted else undotted;
    in
    if short == "" then "unknown" else short;

  fileContents = file: removeSuffix "\n" (builtins.readFile file);
  readPathsFromFile =
    root: file:
    map (line: root + "/${line}") (
      filter (line: line != "" && !hasPrefix "#" line) (splitString "\n" (builtins.readFile file))
    );
  normalizePath = text: concatMapStrings (part: if isList part then "/" else part) (split "/+" text);
  makeSearchPath =
    folder: paths:
    concatMapStringsSep ":" (path: "${path}/${folder}") (filter (path: path != null) paths);
  makeSearchPathOutput =
    output: folder: packages:
    makeSearchPath folder (map (lib.getOutput output) packages);
  makeBinPath = makeSearchPathOutput "bin" "bin";
  makeLibraryPath = makeSearchPathOutput "lib" "lib";
  makeIncludePath = makeSearchPathOutput "dev" "include";

  enableFeature = flag: feature: "--${if flag then "enable" else "disable"}-${feature}";
  enableFeatureAs = flag: feature: value: enableFeature flag feature + optionalString flag "=${value}";
  withFeature = flag: feature: "--${if flag then "with" else "without"}-${feature}";
  withFeatureAs = flag: feature: value: withFeature flag feature + optionalString flag "=${value}";
  cmakeOptionType =
    type: feature: value:
    "-D${feature}:${toUpper type}=${value}";
  cmakeBool = feature: flag: cmakeOptionType "bool" feature (toUpper (lib.boolToString flag));
  cmakeFeature = cmakeOptionType "string";
  mesonOption = feature: value: "-D${feature}=${value}";
  mesonBool = feature: flag: mesonOption feature (lib.boolToString flag);
  mesonEnable = feature: flag: mesonOption feature (if flag then "enabled" else "disabled");

  # Edit distance by rows: row i holds the distances of a's first i characters to every prefix of b.
  levenshtein =
    a: b:
    let
      target = stringToCharacters b;
      nextRow =
        row: char:
        foldl' (
          done: n:
          let
            substituted = elemAt row n + (if elemAt target n == char then 0 else 1);
            changed = lib.min (elemAt row (n + 1)) (last done) + 1;
          in
          done ++ [ (lib.min substituted changed) ]
        ) [ (head row + 1) ] (genList (n: n) (length target));
    in
    last (foldl' nextRow (genList (n: n) (length target + 1)) (stringToCharacters a));
  levenshteinAtMost =
    k: a: b:
    let
      difference = stringLength a - stringLength b;
    in
    difference <= k && -difference <= k && levenshtein a b <= k;
}
