# Options: declaring them, merging plain definitions, showing names and values, documenting.
{ lib }:

let
  inherit (builtins)
    addErrorContext
    all
    concatMap
    concatStringsSep
    filter
    foldl'
    head
    isAttrs
    isBool
    isInt
    isList
    isString
    length
    mapAttrs
    match
    tail
    tryEval
    ;
  inherit (lib)
    attrByPath
    isDerivation
    isFunction
    optionalAttrs
    toList
    types
    ;
  inherit (lib.generators) toPretty withRecursion;

  changePriority = "To prefer one of them, wrap it in `lib.mkForce', or the others in `lib.mkDefault'.\n";

  literal =
    tag: text:
    if isString text then
      {
        _type = tag;
        inherit text;
      }
    else
      throw "${tag} expects a string.";

  # The definitions shown in an error are cut, in depth and in length.
  shownDepth = 10;
  shownLines = 5;
in
rec {
  unknownModule = "<unknown-file>";
  isOption = lib.isType "option";

  mkOption =
    {
      default ? null,
      defaultText ? null,
      example ? null,
      description ? null,
      relatedPackages ? null,
      type ? null,
      apply ? null,
      internal ? null,
      visible ? null,
      readOnly ? null,
    }@attrs:
    attrs // { _type = "option"; };

  mkEnableOption =
    name:
    mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
    };

  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      path = toList default;
      shownPath = lib.showAttrPath path;
      inPkgs = names: literalExpression "${pkgsText}.${lib.showAttrPath names}";
      defaults =
        if default != null then
          {
            default = attrByPath path (throw "${shownPath} cannot be found in ${pkgsText}") pkgs;
            defaultText = inPkgs path;
          }
        else
          optionalAttrs nullable { default = null; };
    in
    mkOption (
      defaults
      // {
        type = if nullable then types.nullOr types.package else types.package;
        description = "The ${lib.last (toList name)} package to use.${
          lib.optionalString (extraDescription != "") " ${extraDescription}"
        }";
      }
      // optionalAttrs (example != null) {
        example = if isList example then inPkgs example else literalExpression example;
      }
    );
  mkPackageOptionMD = mkPackageOption;

  # Accepts any definition of names that a module set knows nothing about.
  mkSinkUndeclaredOptions =
    attrs:
    mkOption (
      {
        internal = true;
        visible = false;
        default = false;
        description = "Takes any definition.";
        type = lib.mkOptionType {
          name = "sink";
          check = _: true;
          merge = _: _: false;
        };
        apply = _: throw "This option takes definitions, and has no value.";
      }
      // attrs
    );

  getValues = map (def: def.value);
  getFiles = map (def: def.file);

  # What options without a type do: join what can be joined.
  mergeDefaultOption =
    loc: defs:
    let
      values = getValues defs;
    in
    if length values == 1 then
      head values
    else if all isFunction values then
      argument: mergeDefaultOption loc (map (def: def // { value = def.value argument; }) defs)
    else if all isList values then
      builtins.concatLists values
    else if all isAttrs values then
      foldl' (merged: value: merged // value) { } values
    else if all isBool values then
      builtins.any (value: value) values
    else if all isString values then
      concatStringsSep "" values
    else if all isInt values && all (value: value == head values) values then
      head values
    else
      throw "Cannot merge definitions of `${showOption loc}'. Definition values:${showDefs defs}";

  mergeOneOption = mergeUniqueOption { message = ""; };
  mergeUniqueOption =
    {
      message,
      merge ? _: defs: (head defs).value,
    }:
    loc: defs:
    if length defs == 1 then
      merge loc defs
    else
      assert defs != [ ];
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${showDefs defs}\n${changePriority}";

  mergeEqualOption =
    loc: defs:
    let
      first = head defs;
      differing = filter (def: def.value != first.value) (tail defs);
    in
    if defs == [ ] then
      abort "mergeEqualOption: no definitions for `${showOption loc}'"
    # A single value is not compared, not even with itself: it may be a function.
    else if length defs == 1 || differing == [ ] then
      first.value
    else
      throw "The option `${showOption loc}' has conflicting definition values:${
        showDefs [
          first
          (head differing)
        ]
      }\n${changePriority}";

  showOption =
    let
      # Placeholders stand for any name, and are not quoted as a name would be.
      isPlaceholder = part: part == "*" || match "<(.*)>" part != null;
    in
    lib.concatMapStringsSep "." (
      part: if isPlaceholder part then part else lib.strings.escapeNixIdentifier part
    );
  showFiles = files: concatStringsSep " and " (map (file: "`${file}'") files);
  showDefs =
    defs:
    let
      shorten = withRecursion {
        depthLimit = shownDepth;
        throwOnDepthLimit = false;
      };
      showValue =
        text:
        let
          lines = lib.splitString "\n" text;
          cut = lib.take shownLines lines ++ lib.optional (length lines > shownLines) "...";
        in
        if length lines > 1 then ":\n    ${concatStringsSep "\n    " cut}" else ": ${text}";
      showDef =
        def:
        let
          # A value that fails to evaluate must not hide the error being reported.
          shown = tryEval (toPretty { } (shorten def.value));
        in
        "\n- In `${def.file}'${lib.optionalString shown.success (showValue shown.value)}";
    in
    concatStringsSep "" (map showDef defs);
  showOptionWithDefLocs = option: ''
    ${showOption option.loc}, with values defined in:
    ${concatStringsSep "\n" (map (file: "  - ${file}") option.files)}
  '';

  literalExpression = literal "literalExpression";
  literalMD = literal "literalMD";
  literalCode = language: text: literalMD "```${language}\n${text}\n```\n";
  renderOptionValue =
    value:
    if value ? _type && value ? text then
      value
    else
      literalExpression (
        toPretty {
          multiline = true;
          allowPrettyValues = true;
        } value
      );
  scrubOptionValue =
    value:
    if isDerivation value then
      {
        type = "derivation";
        inherit (value) name;
        drvPath = value.name;
        outPath = value.name;
      }
    else if isList value then
      map scrubOptionValue value
    else if isAttrs value then
      mapAttrs (_: scrubOptionValue) (removeAttrs value [ "_args" ])
    else
      value;

  optionAttrSetToDocList = optionAttrSetToDocList' [ ];
  optionAttrSetToDocList' =
    _: tree:
    concatMap (
      option:
      let
        visible = option.visible or true;
        subOptions = option.type.getSubOptions option.loc;
      in
      [ (documentation option) ]
      ++ lib.optionals (
        (if isBool visible then visible else visible == "transparent") && subOptions != { }
      ) (optionAttrSetToDocList' option.loc subOptions)
    ) (lib.collect isOption tree);

  # One option of options.json.
  documentation =
    option:
    let
      name = showOption option.loc;
      visible = option.visible or true;
      type = option.type or { };
      # The empty value of a submodule may fail to evaluate, and its options are listed anyway.
      hasEmptyValue = (type.emptyValue or { }) ? value && type.getSubModules or null == null;
      render =
        what: value:
        addErrorContext "while evaluating the ${what} of option `${name}`" (renderOptionValue value);
    in
    {
      inherit (option) loc;
      inherit name;
      description = option.description or null;
      declarations = filter (file: file != unknownModule) option.declarations;
      internal = option.internal or false;
      visible = if isBool visible then visible else visible == "shallow";
      readOnly = option.readOnly or false;
      type = type.description or "unspecified";
    }
    // optionalAttrs (option ? example) { example = render "example" option.example; }
    // optionalAttrs (option ? defaultText || option ? default || hasEmptyValue) {
      default =
        if option ? defaultText then
          render "defaultText" option.defaultText
        else
          render "default value" (option.default or type.emptyValue.value);
    }
    // optionalAttrs (option.relatedPackages or null != null) { inherit (option) relatedPackages; };
}
