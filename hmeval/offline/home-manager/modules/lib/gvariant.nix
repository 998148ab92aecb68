# GVariant values as Home Manager writes them: a plain integer is one of 32 bits, and arrays are
# given the type of their elements.
{ lib }:

let
  inherit (builtins)
    head
    isBool
    isFloat
    isInt
    isList
    isString
    ;
  inherit (lib) concatMapStringsSep gvariant hasPrefix;

  plain = type: value: {
    _type = "gvariant";
    inherit type value;
    __toString = self: "@${self.type} ${toString self.value}";
  };
  shown = type: value: show: plain type value // { __toString = show; };
  list = self: concatMapStringsSep "," toString self.value;
in
rec {
  inherit (gvariant) isGVariant;
  type = gvariant.type // {
    dictionaryEntryOf = types: "{${lib.concatStrings types}}";
  };

  isArray = hasPrefix "a";
  isDictionaryEntry = hasPrefix "{";
  isMaybe = hasPrefix "m";
  isTuple = hasPrefix "(";

  # The type of a value, the empty string for none.
  typeOf =
    value:
    if isBool value then
      type.boolean
    else if isInt value then
      type.int32
    else if isFloat value then
      type.double
    else if isString value then
      type.string
    else if isList value then
      lib.optionalString (value != [ ]) (type.arrayOf (typeOf (head value)))
    else
      value.type or "";

  # null for what has no GVariant.
  mkValue =
    value:
    if isBool value then
      mkBoolean value
    else if isInt value then
      mkInt32 value
    else if isFloat value then
      mkDouble value
    else if isString value then
      mkString value
    else if isList value then
      mkArray (if value == [ ] then type.string else typeOf (head value)) value
    else if isGVariant value then
      value
    else
      null;

  mkBoolean = value: shown type.boolean value (self: lib.boolToString self.value);
  mkString =
    value:
    shown type.string value (
      self: "'${lib.replaceString "\n" "\\n" (lib.escape [ "'" "\\" ] self.value)}'"
    );
  mkObjectpath =
    value: shown type.string value (self: "objectpath '${lib.escape [ "'" ] self.value}'");
  mkUchar = plain type.uchar;
  mkInt16 = plain type.int16;
  mkUint16 = plain type.uint16;
  mkInt32 = value: shown type.int32 value (self: toString self.value);
  mkUint32 = plain type.uint32;
  mkInt64 = plain type.int64;
  mkUint64 = plain type.uint64;
  mkDouble = value: shown type.double value (self: toString self.value);

  mkArray =
    element: values:
    shown (type.arrayOf element) (map mkValue values) (self: "@${self.type} [${list self}]");
  mkEmptyArray = element: mkArray element [ ];
  mkTuple =
    values:
    let
      elements = map mkValue values;
    in
    shown (type.tupleOf (map (element: element.type) elements)) elements (
      self: "@${self.type} (${list self})"
    );
  mkVariant =
    value: shown type.variant (mkValue value) (self: "@${self.type} <${toString self.value}>");
  mkDictionaryEntry =
    pair:
    let
      elements = map mkValue pair;
    in
    shown (type.dictionaryEntryOf (map (element: element.type) elements)) elements (
      self: "@${self.type} {${list self}}"
    );
  mkMaybe =
    element: value:
    shown (type.maybeOf element) value (
      self: if self.value == null then "@${self.type} nothing" else "just ${toString self.value}"
    );
  mkNothing = element: mkMaybe element null;
  mkJust = value: mkMaybe (mkValue value).type (mkValue value);
}
