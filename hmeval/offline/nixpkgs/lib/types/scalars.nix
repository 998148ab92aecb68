# Types of one value.
{ lib, base }:

let
  inherit (builtins)
    elem
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isInt
    isPath
    isString
    length
    match
    substring
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;
  inherit (lib) isDerivation isStorePath isStringLike;
  inherit (lib.options)
    getFiles
    getValues
    mergeEqualOption
    mergeOneOption
    showFiles
    showOption
    ;
  inherit (base)
    addCheck
    defaultFunctor
    isType
    mkOptionType
    optionDescriptionPhrase
    ;

  noun =
    attrs:
    mkOptionType (
      {
        descriptionClass = "noun";
        merge = mergeEqualOption;
      }
      // attrs
    );
  clause = type: attrs: type // { descriptionClass = "nonRestrictiveClause"; } // attrs;
  inclusive = lowest: highest: "${toJSON lowest} and ${toJSON highest} (both inclusive)";

  storePrefix = "${builtins.storeDir}/";
  isBelowStore =
    x:
    let
      text = unsafeDiscardStringContext (toString x);
      # At least one name below the store, as long as a hash with its dash and a name.
      inside = substring (builtins.stringLength storePrefix) (-1) text;
    in
    lib.hasPrefix storePrefix text && match "[0-9a-z]{32}-.+" inside != null;
in
rec {
  raw = noun {
    name = "raw";
    description = "raw value";
    merge = mergeOneOption;
  };
  unspecified = mkOptionType {
    name = "unspecified";
    description = "unspecified value";
    descriptionClass = "noun";
  };
  # Sets merge by attribute, functions by result, and all else must be equal.
  anything = noun {
    name = "anything";
    merge =
      loc: defs:
      let
        kindOf = value: if isAttrs value && isStringLike value then "stringCoercibleSet" else typeOf value;
        kind = kindOf (head defs).value;
        mergeOf = {
          set = (lib.types.attrsOf anything).merge;
          stringCoercibleSet = mergeOneOption;
          lambda =
            loc: defs: argument:
            anything.merge (loc ++ [ "<function body>" ]) (
              map (def: {
                inherit (def) file;
                value = def.value argument;
              }) defs
            );
        };
      in
      if builtins.all (def: kindOf def.value == kind) defs then
        (mergeOf.${kind} or mergeEqualOption) loc defs
      else
        throw "The option `${showOption loc}' has conflicting option types in ${showFiles (getFiles defs)}";
  };

  bool = noun {
    name = "bool";
    description = "boolean";
    check = isBool;
  };
  boolByOr = noun {
    name = "boolByOr";
    description = "boolean (merged using or)";
    check = isBool;
    merge = _: builtins.any (def: def.value);
  };

  int = noun {
    name = "int";
    description = "signed integer";
    check = isInt;
  };
  float = noun {
    name = "float";
    description = "floating point number";
    check = isFloat;
  };
  number = lib.types.either int float;
  ints =
    let
      between =
        lowest: highest:
        assert lib.assertMsg (lowest <= highest) "ints.between: nothing is ${inclusive lowest highest}";
        addCheck int (x: lowest <= x && x <= highest)
        // {
          name = "intBetween";
          description = "integer between ${inclusive lowest highest}";
        };
      sized =
        name: title: lowest: highest:
        between lowest highest
        // {
          inherit name;
          description = "${title}; between ${inclusive lowest highest}";
        };
      unsignedOf =
        bits: size: sized "unsignedInt${toString bits}" "${toString bits} bit unsigned integer" 0 (size - 1);
      signedOf =
        bits: size:
        sized "signedInt${toString bits}" "${toString bits} bit signed integer" (-(size / 2)) (
          size / 2 - 1
        );
    in
    {
      inherit between;
      unsigned = clause (addCheck int (x: x >= 0)) {
        name = "unsignedInt";
        description = "unsigned integer, meaning >=0";
      };
      positive = clause (addCheck int (x: x > 0)) {
        name = "positiveInt";
        description = "positive integer, meaning >0";
      };
      # 64 bits unsigned do not fit into Nix's own integers.
      u8 = unsignedOf 8 256;
      u16 = unsignedOf 16 65536;
      u32 = unsignedOf 32 4294967296;
      s8 = signedOf 8 256;
      s16 = signedOf 16 65536;
      s32 = signedOf 32 4294967296;
    };
  port = ints.u16;
  numbers = {
    between =
      lowest: highest:
      assert lib.assertMsg (lowest <= highest) "numbers.between: nothing is ${inclusive lowest highest}";
      addCheck number (x: lowest <= x && x <= highest)
      // {
        name = "numberBetween";
        description = "integer or floating point number between ${inclusive lowest highest}";
      };
    nonnegative = clause (addCheck number (x: x >= 0)) {
      name = "numberNonnegative";
      description = "nonnegative integer or floating point number, meaning >=0";
    };
    positive = clause (addCheck number (x: x > 0)) {
      name = "numberPositive";
      description = "positive integer or floating point number, meaning >0";
    };
  };

  str = noun {
    name = "str";
    description = "string";
    check = isString;
  };
  nonEmptyStr = noun {
    name = "nonEmptyStr";
    description = "non-empty string";
    check = x: isString x && match "[ \t\n]*" x == null;
  };
  strMatching =
    pattern:
    noun {
      name = "strMatching ${lib.strings.escapeNixString pattern}";
      description = "string matching the pattern ${pattern}";
      check = x: isString x && match pattern x != null;
      functor = defaultFunctor "strMatching" // {
        type = payload: strMatching payload.pattern;
        payload = { inherit pattern; };
        binOp = a: b: if a == b then a else null;
      };
    };
  singleLineStr = noun {
    name = "singleLineStr";
    description = "(optionally newline-terminated) single-line string";
    inherit (strMatching "[^\n\r]*\n?") check;
    merge = loc: defs: lib.removeSuffix "\n" (mergeEqualOption loc defs);
  };
  separatedString =
    sep:
    noun {
      name = "separatedString";
      description = "strings concatenated with ${toJSON sep}";
      check = isString;
      merge = _: defs: builtins.concatStringsSep sep (getValues defs);
      functor = defaultFunctor "separatedString" // {
        type = payload: separatedString payload.sep;
        payload = { inherit sep; };
        binOp = a: b: if a.sep == b.sep then a else null;
      };
    };
  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";
  passwdEntry =
    type:
    clause (addCheck type (text: !(lib.hasInfix ":" text || lib.hasInfix "\n" text))) {
      name = "passwdEntry ${type.name}";
      description = "${optionDescriptionPhrase (class: class == "noun") type}, not containing newlines or colons";
    };

  enum =
    values:
    let
      show =
        value:
        if isString value then
          ''"${value}"''
        else if isInt value then
          toString value
        else if isBool value then
          lib.boolToString value
        else
          "<${typeOf value}>";
    in
    mkOptionType {
      name = "enum";
      description =
        if values == [ ] then
          "impossible (empty enum)"
        else if length values == 1 then
          "value ${show (head values)} (singular enum)"
        else
          "one of ${lib.concatMapStringsSep ", " show values}";
      descriptionClass = if length values < 2 then "noun" else "conjunction";
      check = x: elem x values;
      merge = mergeEqualOption;
      functor = defaultFunctor "enum" // {
        type = payload: enum payload.values;
        payload = { inherit values; };
        binOp = a: b: { values = lib.unique (a.values ++ b.values); };
      };
    };

  attrs = mkOptionType {
    name = "attrs";
    description = "attribute set";
    check = isAttrs;
    merge = _: foldl' (merged: def: merged // def.value) { };
    emptyValue.value = { };
  };

  path = pathWith { absolute = true; };
  pathInStore = pathWith { inStore = true; };
  externalPath = pathWith {
    absolute = true;
    inStore = false;
  };
  pathWith =
    {
      inStore ? null,
      absolute ? null,
    }:
    let
      kind = {
        absolute = if absolute == null then "" else if absolute then "absolute " else "relative ";
        store =
          if inStore == null then
            ""
          else if inStore then
            " in the Nix store"
          else
            " not in the Nix store";
      };
      # A path value may be copied into the store: not what an external path is about.
      hasKind = if inStore == false then isString else isStringLike;
    in
    lib.throwIf (inStore == true && absolute == false)
      "pathWith: a path in the store is absolute"
      noun
      {
        name = "path";
        description = "${kind.absolute}path${kind.store}";
        check =
          x:
          hasKind x
          && (inStore == null || inStore == isBelowStore x)
          && (absolute == null || absolute == (substring 0 1 (toString x) == "/"));
        functor = defaultFunctor "path" // {
          type = pathWith;
          payload = { inherit inStore absolute; };
          binOp = a: b: if a == b then a else null;
        };
      };

  package = mkOptionType {
    name = "package";
    descriptionClass = "noun";
    check = x: isDerivation x || isStorePath x;
    merge =
      loc: defs:
      let
        value = mergeOneOption loc defs;
      in
      if isPath value || (isString value && !builtins.hasContext value) then
        lib.toDerivation value
      else
        value;
  };
  shellPackage = package // {
    check = x: isDerivation x && x ? shellPath;
  };
  pkgs = addCheck (
    lib.types.unique { message = "Two sets of packages cannot be merged."; } attrs
    // {
      name = "pkgs";
      description = "Nixpkgs package set";
      descriptionClass = "noun";
    }
  ) (isType "pkgs");

  luaInline = noun {
    name = "luaInline";
    description = "inline lua";
    check = isType "lua-inline";
  };

  optionDeclaration = mkOptionType {
    name = "optionDeclaration";
    description = "option declaration";
    descriptionClass = "noun";
    check = x: isType "option" x && !(x ? value);
  };
  # Several types given for one option are merged like the types of several declarations.
  optionType = mkOptionType {
    name = "optionType";
    descriptionClass = "noun";
    check = isType "option-type";
    merge =
      loc: defs:
      let
        declarations = map (def: {
          _file = def.file;
          options = lib.mkOption { type = def.value; };
        }) defs;
      in
      if length defs == 1 then
        (head defs).value
      else
        (lib.modules.fixupOptionType loc (lib.modules.mergeOptionDecls loc declarations)).type;
  };
}
