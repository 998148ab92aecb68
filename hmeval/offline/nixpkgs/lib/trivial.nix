# Functions that belong to no data type, warnings and assertions included.
{ lib }:

let
  inherit (builtins)
    deepSeq
    elem
    filter
    foldl'
    fromJSON
    genList
    head
    isAttrs
    isFunction
    readFile
    stringLength
    substring
    trace
    ;
  inherit (lib.strings) concatMapStringsSep concatStringsSep;

  hexDigits = "0123456789ABCDEF";

  # The release that this library stands in for; Home Manager compares it with its own.
  release = "26.11";
in
rec {
  inherit (builtins)
    add
    bitAnd
    bitOr
    bitXor
    deepSeq
    genericClosure
    isFloat
    isInt
    lessThan
    mul
    pathExists
    readFile
    seq
    sub
    trace
    ;

  inherit release;
  version = release + versionSuffix;
  versionSuffix = "pre-hmeval";
  nixpkgsVersion = version;
  codeName = "Offline";
  revisionWithDefault = default: default;
  oldestSupportedRelease = 2605;
  oldestSupportedReleaseIsAtLeast = wanted: wanted <= oldestSupportedRelease;
  isInOldestRelease = oldestSupportedReleaseIsAtLeast;
  inNixShell = false;
  inPureEvalMode = !(builtins ? currentSystem);

  id = x: x;
  const = x: _: x;
  flip =
    f: a: b:
    f b a;
  pipe = foldl' (x: f: f x);
  concat = xs: ys: xs ++ ys;
  mergeAttrs = x: y: x // y;
  defaultTo = default: x: if x == null then default else x;
  mapNullable = f: x: if x == null then null else f x;

  "or" = a: b: a || b;
  and = a: b: a && b;
  xor = a: b: a != b;
  boolToString = b: if b then "true" else "false";
  boolToYesNo = b: if b then "yes" else "no";

  bitNot = builtins.sub (-1);

  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  mod = base: divisor: base - divisor * (builtins.div base divisor);
  compare =
    a: b:
    if a < b then
      -1
    else if a > b then
      1
    else
      0;
  splitByAndCompare =
    isFirst: compareFirst: compareRest: a: b:
    if isFirst a then
      (if isFirst b then compareFirst a b else -1)
    else if isFirst b then
      1
    else
      compareRest a b;

  importJSON = file: fromJSON (readFile file);
  importTOML = file: builtins.fromTOML (readFile file);

  warn = message: trace "evaluation warning: ${message}";
  info = message: trace "INFO: ${message}";
  warnIf = condition: message: if condition then warn message else id;
  warnIfNot = condition: warnIf (!condition);
  throwIf = condition: message: if condition then throw message else id;
  throwIfNot = condition: throwIf (!condition);

  assertMsg = condition: message: condition || throw message;
  assertOneOf =
    name: value: allowed:
    assertMsg (elem value allowed)
      "${name} must be one of ${lib.generators.toPretty { } allowed}, but is: ${lib.generators.toPretty { } value}";
  assertEachOneOf =
    name: values: allowed:
    assertMsg (builtins.all (value: elem value allowed) values)
      "each element in ${name} must be one of ${lib.generators.toPretty { } allowed}, but is: ${lib.generators.toPretty { } values}";
  checkListOfEnum =
    name: allowed: given:
    let
      unexpected = filter (value: !elem value allowed) given;
    in
    throwIf (unexpected != [ ])
      "${name}: ${concatStringsSep ", " unexpected} unexpected; valid ones: ${concatStringsSep ", " allowed}";

  isFunction = f: builtins.isFunction f || (f ? __functor && builtins.isFunction (f.__functor f));
  functionArgs =
    f:
    if f ? __functor then f.__functionArgs or (builtins.functionArgs (f.__functor f)) else builtins.functionArgs f;
  setFunctionArgs = f: args: {
    __functor = _: f;
    __functionArgs = args;
  };
  mirrorFunctionArgs =
    f:
    let
      args = functionArgs f;
    in
    g: setFunctionArgs g args;
  toFunction = v: if isFunction v then v else _: v;

  toBaseDigits =
    base: i:
    assert builtins.isInt base && base >= 2 && builtins.isInt i && i >= 0;
    (if i < base then [ ] else toBaseDigits base (builtins.div i base)) ++ [ (mod i base) ];
  toHexString = i: concatMapStringsSep "" (digit: substring digit 1 hexDigits) (toBaseDigits 16 i);
  fromHexString =
    text:
    let
      digits = lib.strings.toUpper (lib.strings.removePrefix "0x" text);
      valueOf =
        char: head (filter (i: substring i 1 hexDigits == char) (genList id 16));
    in
    foldl' (sum: i: sum * 16 + valueOf (substring i 1 digits)) 0 (genList id (stringLength digits));
}
