# Values in GVariant's text form, which dconf reads. A number without a type is refused here;
# Home Manager's own variant (`lib.hm.gvariant`) takes it for a 32 bit integer.
{ lib }:

let
  inherit (builtins)
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    ;
  inherit (lib) concatMapStringsSep;

  # A value of a type, and how it is written.
  written =
    type: value: show: {
      _type = "gvariant";
      inherit type value;
      __toString = show;
    };
  prefixed = type: value: written type value (self: "@${self.type} ${toString self.value}");
  bare = type: value: written type value (self: toString self.value);

  # 'text' in GVariant's single quotes.
  quote = text: "'${lib.replaceStrings [ "\\" "'" "\n" ] [ "\\\\" "\\'" "\\n" ] text}'";
in
rec {
  type = {
    string = "s";
    boolean = "b";
    uchar = "y";
    int16 = "n";
    uint16 = "q";
    int32 = "i";
    uint32 = "u";
    int64 = "x";
    uint64 = "t";
    double = "d";
    variant = "v";
    arrayOf = element: "a${element}";
    maybeOf = element: "m${element}";
    tupleOf = elements: "(${lib.concatStrings elements})";
    dictionaryEntryOf = name: value: "{${name}${value}}";
  };

  isGVariant = value: isAttrs value && value._type or "" == "gvariant";

  mkValue =
    value:
    if isBool value then
      mkBoolean value
    else if isFloat value then
      mkDouble value
    else if isString value then
      mkString value
    else if isList value then
      mkArray value
    else if isGVariant value then
      value
    else if isInt value then
      throw "The GVariant type for number “${toString value}” is unclear: say which with lib.gvariant.mkInt32, mkUint32 and the like."
    else if isAttrs value then
      throw "Cannot construct GVariant value from an attribute set; a dictionary is an array of lib.gvariant.mkDictionaryEntry."
    else
      throw "The GVariant type of “${builtins.typeOf value}” can't be inferred.";

  mkBoolean = value: written type.boolean value (self: lib.boolToString self.value);
  mkString = value: written type.string value (self: quote self.value);
  mkObjectpath = value: written type.string value (self: "objectpath ${quote self.value}");
  mkUchar = prefixed type.uchar;
  mkInt16 = prefixed type.int16;
  mkUint16 = prefixed type.uint16;
  mkInt32 = bare type.int32;
  mkUint32 = prefixed type.uint32;
  mkInt64 = prefixed type.int64;
  mkUint64 = prefixed type.uint64;
  mkDouble = bare type.double;

  mkArray =
    elements:
    let
      values = map mkValue elements;
      element = (head values).type;
    in
    if elements == [ ] then
      throw "Please create empty array with mkEmptyArray."
    else if builtins.all (value: value.type == element) values then
      arrayValue element values
    else
      throw "Elements in a list should have same type.";
  mkEmptyArray = element: written (type.arrayOf element) [ ] (self: "@${self.type} []");
  arrayValue =
    element: values:
    written (type.arrayOf element) values (
      self: "@${self.type} [${concatMapStringsSep "," toString self.value}]"
    );

  mkVariant = value: written type.variant (mkValue value) (self: "<${toString self.value}>");
  mkMaybe =
    element: value:
    written (type.maybeOf element) value (
      self: if self.value == null then "@${self.type} nothing" else "just ${toString self.value}"
    );
  mkNothing = element: mkMaybe element null;
  mkJust = value: mkMaybe (mkValue value).type (mkValue value);
  mkTuple =
    elements:
    let
      values = map mkValue elements;
    in
    written (type.tupleOf (map (value: value.type) values)) values (
      self: "@${self.type} (${concatMapStringsSep "," toString self.value})"
    );
  mkDictionaryEntry =
    name: value:
    let
      entry = {
        name = mkValue name;
        value = mkValue value;
      };
    in
    written (type.dictionaryEntryOf entry.name.type entry.value.type) entry (
      self: "@${self.type} {${entry.name},${entry.value}}"
    );
}
