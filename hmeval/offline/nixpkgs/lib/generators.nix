# Values as text: INI, git's INI, key=value lines, JSON, Lua, property lists, and Nix itself.
{ lib }:

let
  inherit (builtins)
    all
    any
    attrNames
    attrValues
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isPath
    isString
    length
    mapAttrs
    match
    replaceStrings
    tail
    toJSON
    typeOf
    ;
  inherit (lib)
    addErrorContext
    concatMapStringsSep
    escape
    functionArgs
    init
    isDerivation
    isFunction
    last
    mapAttrsToList
    optionals
    splitString
    ;
  inherit (lib.strings) escapeNixIdentifier;

  escapeSection = escape [
    "["
    "]"
  ];
in
rec {
  mkValueStringDefault =
    { }:
    value:
    if value == null then
      "null"
    else if isBool value then
      lib.boolToString value
    else if isFloat value then
      lib.strings.floatToString value
    else if isInt value || isString value || isDerivation value then
      toString value
    else
      abort "generators.mkValueStringDefault: ${typeOf value} not supported: ${toPretty { } value}";

  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    sep: key: value:
    "${escape [ sep ] key}${sep}${mkValueString value}";

  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    set:
    let
      lineOf = key: value: "${indent}${mkKeyValue key value}\n";
      linesOf =
        key: value:
        if listsAsDuplicateKeys && isList value then map (lineOf key) value else [ (lineOf key value) ];
    in
    lib.concatStrings (concatLists (mapAttrsToList linesOf set));

  toINI =
    {
      mkSectionName ? escapeSection,
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    sections:
    concatStringsSep "\n" (
      mapAttrsToList (
        name: values:
        "[${mkSectionName name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values
      ) sections
    );

  toINIWithGlobalSection =
    {
      mkSectionName ? escapeSection,
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    {
      globalSection,
      sections ? { },
    }:
    lib.optionalString (globalSection != { }) (
      toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\n"
    )
    + toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections;

  # Git's own dialect: [section "sub.section"], tab-indented, strings quoted, lists repeated.
  toGitINI =
    let
      mkSectionName =
        name:
        let
          parts = splitString "." name;
        in
        if lib.hasInfix ''"'' name || length parts == 1 then
          name
        else
          ''${head parts} "${concatStringsSep "." (tail parts)}"'';
      quote = text: ''"${
        replaceStrings [ "\n" "\t" "\"" "\\" ] [ "\\n" "\\t" "\\\"" "\\\\" ] text
      }"'';
      mkValueString = value: mkValueStringDefault { } (if isString value then quote value else value);
      assign = key: value: "\t" + mkKeyValueDefault { inherit mkValueString; } " = " key value;
      mkKeyValue = key: value: concatMapStringsSep "\n" (assign key) (lib.toList value);

      isSection = value: isAttrs value && !isDerivation value;
      # [ { section, key, value } ] of every leaf below a section with sections inside it.
      leaves =
        path: value:
        if isSection value then
          concatMap (name: leaves (path ++ [ name ]) value.${name}) (attrNames value)
        else
          [
            {
              ${concatStringsSep "." (init path)}.${last path} = value;
            }
          ];
      isNested = value: isSection value && any isSection (attrValues value);
      flatten =
        set:
        let
          nested = lib.filterAttrs (_: isNested) set;
        in
        foldl' lib.recursiveUpdate (removeAttrs set (attrNames nested)) (
          concatMap (name: leaves [ name ] nested.${name}) (attrNames nested)
        );
    in
    set: toINI { inherit mkSectionName mkKeyValue; } (flatten set);

  mkDconfKeyValue = mkKeyValueDefault { mkValueString = value: toString (lib.gvariant.mkValue value); } "=";
  toDconfINI = toINI { mkKeyValue = mkDconfKeyValue; };

  toJSON = { }: builtins.toJSON;
  # JSON is YAML.
  toYAML = toJSON;

  # The value, cut below a depth; the attributes by which Nix calls or prints a set are kept.
  withRecursion =
    {
      depthLimit,
      throwOnDepthLimit ? true,
    }:
    assert isInt depthLimit;
    let
      special = [
        "__functor"
        "__functionArgs"
        "__toString"
        "__pretty"
      ];
      cut =
        depth: value:
        if depth <= depthLimit then
          value
        else if throwOnDepthLimit then
          throw "Exceeded maximum eval-depth limit of ${toString depthLimit}, given to generators.withRecursion"
        else
          "<unevaluated>";
      walk =
        depth: value:
        let
          next = inner: walk (depth + 1) (cut (depth + 1) inner);
        in
        if isAttrs value then
          mapAttrs (name: inner: if elem name special then inner else next inner) value
        else if isList value then
          map next value
        else
          cut (depth + 1) value;
    in
    walk 0;

  toPretty =
    {
      allowPrettyValues ? false,
      multiline ? true,
      indent ? "",
    }:
    let
      show =
        indent: value:
        let
          intro = if multiline then "\n${indent}  " else " ";
          outro = if multiline then "\n${indent}" else " ";
          inner = show "${indent}  ";
          between =
            open: items: close:
            "${open}${intro}${concatStringsSep intro items}${outro}${close}";
        in
        if isFloat value then
          # Nix's own conversion would lose digits.
          builtins.toJSON value
        else if isString value then
          showString intro outro value
        else if isBool value then
          lib.boolToString value
        else if value == null then
          "null"
        else if isInt value || isPath value then
          toString value
        else if isList value then
          if value == [ ] then "[ ]" else between "[" (map inner value) "]"
        else if isFunction value then
          showFunction value
        else if allowPrettyValues && value ? __pretty && value ? val then
          value.__pretty value.val
        else if value == { } then
          "{ }"
        else if isDerivation value then
          "<derivation ${value.name or "???"}>"
        else
          between "{" (mapAttrsToList (showAttribute inner) value) "}";

      showAttribute =
        inner: name: value:
        "${escapeNixIdentifier name} = ${
          addErrorContext "while evaluating an attribute `${name}`" (inner value)
        };";
      showFunction =
        f:
        let
          arguments = mapAttrsToList (name: optional: if optional then "${name}?" else name) (
            functionArgs f
          );
        in
        if arguments == [ ] then
          "<function>"
        else
          "<function, args: {${concatStringsSep ", " arguments}}>";
      showString =
        intro: outro: text:
        let
          lines = splitString "\n" text;
          escapeLine = escape [
            "\\"
            "\""
            "\${"
          ];
          indented = map (replaceStrings [ "\${" "''" ] [ "''\${" "'''" ]) lines;
          # A final line break puts the closing quotes on a line of their own.
          end = if last indented == "" then outro else intro + last indented;
        in
        if multiline && length lines > 1 then
          "''${intro}${concatStringsSep intro (init indented)}${end}''"
        else
          "\"${concatMapStringsSep "\\n" escapeLine lines}\"";
    in
    show indent;

  toPlist =
    {
      escape ? false,
    }:
    value:
    let
      text = if escape then lib.escapeXML else toString;
      element = tag: content: "<${tag}>${content}</${tag}>";
      show =
        indent: x:
        let
          inner = "${indent}\t";
        in
        if x == null then
          ""
        else if isBool x then
          "${indent}<${lib.boolToString x}/>"
        else if isInt x then
          indent + element "integer" (toString x)
        else if isFloat x then
          indent + element "real" (toString x)
        else if isString x || isPath x then
          indent + element "string" (text (toString x))
        else if isList x then
          "${indent}<array>\n${concatMapStringsSep "\n" (show inner) x}\n${indent}</array>"
        else if isAttrs x then
          "${indent}<dict>\n${concatStringsSep "\n" (showEntries inner x)}\n${indent}</dict>"
        else
          abort "generators.toPlist: ${typeOf x} not supported";
      showEntries =
        indent: set:
        concatLists (
          mapAttrsToList (
            name: x:
            optionals (name != "_module" && x != null) [
              (indent + element "key" (text name))
              (show indent x)
            ]
          ) set
        );
    in
    lib.warnIf (!escape) "generators.toPlist: texts are escaped only with `escape = true'" ''
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      ${show "" value}
      </plist>'';

  mkLuaInline = expr: {
    _type = "lua-inline";
    inherit expr;
  };
  toLua =
    {
      multiline ? true,
      indent ? "",
      asBindings ? false,
    }@arguments:
    value:
    let
      innerIndent = "${indent}  ";
      intro = if multiline then "\n${innerIndent}" else " ";
      outro = if multiline then "\n${indent}" else " ";
      inner = toLua (
        arguments
        // {
          indent = if asBindings then indent else innerIndent;
          asBindings = false;
        }
      );
      table = items: if items == [ ] then "{}" else "{${intro}${concatStringsSep ",${intro}" items}${outro}}";
      isName = name: match "[[:alpha:]_][[:alnum:]_]*(\\.[[:alpha:]_][[:alnum:]_]*)*" name != null;
    in
    if asBindings then
      assert lib.assertMsg (all isName (attrNames value))
        "generators.toLua: no names in Lua: ${toPretty { } (filter (name: !isName name) (attrNames value))}";
      lib.concatStrings (mapAttrsToList (name: x: "${indent}${name} = ${inner x}\n") value)
    else if value == null then
      "nil"
    else if isInt value || isFloat value || isString value || isBool value then
      builtins.toJSON value
    else if isPath value || isDerivation value then
      builtins.toJSON "${value}"
    else if isList value then
      table (map inner value)
    else if isAttrs value && value._type or null == "lua-inline" then
      "(${value.expr})"
    else if isAttrs value then
      table (mapAttrsToList (name: x: "[${builtins.toJSON name}] = ${inner x}") value)
    else
      abort "generators.toLua: ${typeOf value} not supported";
}
