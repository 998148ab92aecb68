# What nixpkgs' own functions say of evaluated options, as data for JSON.
{ lib }:
let
  inherit (lib) isFunction;
  inherit (builtins)
    all
    attrNames
    concatMap
    deepSeq
    elemAt
    foldl'
    head
    isAttrs
    isInt
    isList
    isPath
    mapAttrs
    stringLength
    tail
    tryEval
    unsafeDiscardStringContext
    ;
  pretty =
    indent:
    lib.generators.toPretty {
      inherit indent;
      multiline = true;
      allowPrettyValues = true;
    };

  # What throws is { failed = true; }. Other errors cannot be caught.
  tried =
    value:
    let
      result = tryEval (deepSeq value value);
    in
    if result.success then result.value else { failed = true; };

  isDerivation = value: value.type or null == "derivation";

  # Whether JSON has a form for it; the path of a package is not asked for.
  isPlain =
    value:
    if isList value then
      all isPlain value
    else if !isAttrs value then
      !(isPath value || isFunction value)
    else if value ? __toString then
      true
    else if isDerivation value then
      false
    else if value ? outPath then
      isPlain value.outPath
    else
      all (name: isPlain value.${name}) (attrNames value);

  # As `pretty`, but it stops after some characters: what comes later may throw, or have no end.
  beginning =
    size: value:
    (write "" {
      text = "";
      left = size;
    } value).text;

  write =
    indent: state: value:
    let
      inner = indent + "  ";
      item =
        before: after: state: value:
        if state.left <= 0 then state else add (write inner (add state "\n${inner}${before}") value) after;
      attribute = state: name: item "${lib.strings.escapeNixIdentifier name} = " ";" state value.${name};
    in
    if isList value && value != [ ] then
      add (foldl' (item "" "") (add state "[") value) "\n${indent}]"
    else if isAttrs value && value != { } && !(isDerivation value || isFunction value || value ? __pretty) then
      add (foldl' attribute (add state "{") (attrNames value)) "\n${indent}}"
    else
      add state (pretty indent value);

  add = state: more: {
    text = state.text + more;
    left = state.left - stringLength more;
  };

  shown = {
    json = value: {
      plain = isPlain value;
      json = value;
    };
    nix = value: {
      plain = isPlain value;
      nix = pretty "" value;
    };
    # `plain` would evaluate all of it.
    truncated = value: {
      nix = beginning 33000 value;
    };
    names = value: { names = attrNames value; };
    package = value: {
      plain = isPlain value;
      nix = pretty "" value;
      name = value.name;
      store_path = unsafeDiscardStringContext value.outPath;
    };
    package_name = value: {
      plain = isPlain value;
      nix = pretty "" value;
      name = value.name;
    };
  };
in
rec {
  every = lib.collect lib.isOption;

  byName = 
    options: lib.listToAttrs (map (option: lib.nameValuePair (lib.showOption option.loc) option) (every options));

  # optionAttrSetToDocList, each field by itself; those in `without`, as "name field", are left out.
  documents =
    without: options:
    map (
      document:
      lib.mapAttrs (_: tried) (
        lib.filterAttrs (field: _: !without ? "${document.name} ${field}") document
      )
    ) (lib.optionAttrSetToDocList options);

  # Whether each option is defined, and with which priority; those in `without` are left out. `isDefined` of an option that
  # is defined may fail, uncaught, in what a definition holds: it is asked for by `defined`.
  states =
    without: options:
    lib.mapAttrs (_: option: [
      (if tried option.highestPrio == 9999 then tried option.isDefined else true)
      (tried option.highestPrio)
    ]) (removeAttrs (byName options) without);

  # An option that is set, and those of its instances, as the evaluation keeps them beside its value: the path of each,
  # the Nix expression for it, whether it lies in an instance, its priority and its definitions' files. What a type keeps
  # nothing of (nullOr, unique, attrTag) is not found, nor what throws.
  instances =
    path: expression: option:
    lib.filter (found: isInt found.priority && found.priority < 1500) (inOption false path expression option);

  inOptions =
    isInner: path: expression: options:
    concatMap (
      name:
      let
        here = path ++ [ name ];
        inner = "${expression}.${lib.strings.escapeNixString name}";
        option = options.${name};
      in
      if lib.isOption option then
        inOption isInner here inner option
      else
        inOptions isInner here inner option
    ) (lib.filter (name: name != "_module") (attrNames options));

  inOption = isInner: path: expression: option: [
    {
      inherit path expression isInner;
      priority = tried option.highestPrio;
      files = tried (map toString option.files);
    }
  ]
  # A value of another type than its option's is an error that cannot be caught.
  ++ lib.optionals (option.type.name != "listOf" || all isList (listTried option.definitions)) (
    inMeta path "${expression}.valueMeta" (optionalTried option.valueMeta)
  );

  inMeta =
    path: expression: meta:
    if meta ? configuration then
      inOptions true path "${expression}.configuration.options" (optionalTried meta.configuration.options)
    else if meta ? attrs then
      concatMap (
        name:
        inMeta (path ++ [ name ]) "${expression}.attrs.${lib.strings.escapeNixString name}" (
          optionalTried meta.attrs.${name}
        )
      ) (attrNames (optionalTried meta.attrs))
    else if meta ? list then
      lib.concatLists (
        lib.imap0 (
          number: one:
          inMeta (path ++ [ (toString number) ]) "(builtins.elemAt ${expression}.list ${toString number})" (
            optionalTried one
          )
        ) (listTried meta.list)
      )
    else
      [ ];

  optionalTried =
    value:
    let
      result = tryEval value;
    in
    if result.success then result.value else { };
  listTried =
    value:
    let
      result = tryEval value;
    in
    if result.success then result.value else [ ];

  show = form: shown.${form};
  inherit beginning;

  # The part at a path.
  at =
    path: value:
    if path == [ ] then
      value
    else
      at (tail path) (if isList value then elemAt value (head path) else value.${head path});

  # The value with null in the place of the parts at these paths.
  without = paths: value: foldl' (value: path: replace path value) value paths;
  replace =
    path: value:
    if path == [ ] then
      null
    else if isList value then
      lib.imap0 (number: element: if number == head path then replace (tail path) element else element) value
    else
      value // { ${head path} = replace (tail path) value.${head path}; };

  # The value with sets that have no end as hmeval shows them, by what they are (native/option_value.c).
  named =
    value:
    let
      known = {
        pkgs = "«nixpkgs' packages»";
        flake = "«a flake»";
        configuration = "«an evaluated configuration»";
        option = "«an option»";
      };
      name = if value ? evalModules && value ? mkOption then "«nixpkgs' lib»" else known.${value._type or ""} or null;
    in
    if isList value then
      map named value
    else if !isAttrs value || isDerivation value || value ? __pretty then
      value
    else if name != null then
      {
        __pretty = text: text;
        val = name;
      }
    else
      mapAttrs (_: named) value;

  # The definitions that count; null for the values of those without a form.
  definitions =
    forms: option:
    assert builtins.length forms == builtins.length option.definitionsWithLocations;
    lib.imap0 (number: form: {
      file = toString (elemAt option.definitionsWithLocations number).file;
      value = if form == null then null else shown.${form} (elemAt option.definitionsWithLocations number).value;
    }) forms;

  isCaught = value: !(tryEval (deepSeq (pretty "" value) null)).success;
}
