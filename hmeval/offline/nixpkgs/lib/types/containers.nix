# Types over other types.
{ lib, base }:

let
  inherit (builtins)
    all
    attrNames
    concatLists
    elemAt
    filter
    head
    isAttrs
    isList
    length
    mapAttrs
    zipAttrsWith
    ;
  inherit (lib)
    filterAttrs
    functionArgs
    imap1
    isFunction
    mergeDefinitions
    ;
  inherit (lib.strings) escapeNixIdentifier;
  inherit (lib.options)
    getFiles
    mergeUniqueOption
    showDefs
    showFiles
    showOption
    ;
  inherit (base)
    addCheck
    coherentCheck
    defaultFunctor
    definitionErrors
    elemTypeFunctor
    mergeReporting
    mergeWithMeta
    mkOptionType
    optionDescriptionPhrase
    ;

  oneOfClasses = classes: class: builtins.elem class classes;
  phrase = classes: optionDescriptionPhrase (oneOfClasses classes);
  ofPhrase = phrase [
    "noun"
    "composite"
  ];
  orPhrase = phrase [
    "noun"
    "conjunction"
  ];

  functorOf =
    name: elemType:
    elemTypeFunctor name { inherit elemType; }
    // {
      type = payload: lib.types.${name} payload.elemType;
    };

  isDefined = merged: merged.optionalValue ? value;
  metaOf = merged: merged.checkedAndMerged.valueMeta;

  # A tag of attrTag is a whole option, with the place where it was declared.
  checkTag =
    tags: name: option:
    let
      position = builtins.unsafeGetAttrPos name tags;
      known = lib.optional (position != null) position;
    in
    if option._type or null != "option" then
      throw "attrTag: the value of tag ${escapeNixIdentifier name} has to be an option, made with mkOption."
    else
      option
      // {
        declarations = option.declarations or (map (pos: pos.file) known);
        declarationPositions = option.declarationPositions or known;
      };
  mergeTag =
    tags: name: option:
    let
      first = tags.${name};
      declaration = options: {
        inherit options;
        _file = "<attrTag {...}>";
        pos = null;
      };
    in
    lib.mergeOptionDecls [ name ] [
      (declaration first)
      (declaration option)
    ]
    // {
      declarations = first.declarations ++ option.declarations;
      declarationPositions = first.declarationPositions ++ option.declarationPositions;
    };
in
rec {
  listOf =
    elemType:
    mkOptionType {
      name = "listOf";
      description = "list of ${ofPhrase elemType}";
      descriptionClass = "composite";
      check = coherentCheck isList;
      merge = mergeWithMeta (
        { loc, defs }:
        let
          entry =
            n: def: m: value:
            mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elemType [
              {
                inherit (def) file;
                inherit value;
              }
            ];
          # An entry may be a mkIf: then it is there or not.
          entries = filter isDefined (
            concatLists (imap1 (n: def: imap1 (entry n def) def.value) defs)
          );
        in
        {
          headError = definitionErrors isList defs;
          value = map (merged: merged.mergedValue) entries;
          valueMeta.list = map metaOf entries;
        }
      );
      emptyValue.value = [ ];
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: listOf (elemType.substSubModules modules);
      functor = functorOf "listOf" elemType;
      nestedTypes = { inherit elemType; };
    };
  nonEmptyListOf =
    elemType:
    let
      list = addCheck (listOf elemType) (x: x != [ ]);
    in
    list
    // {
      description = "non-empty ${phrase [ "noun" ] list}";
      emptyValue = { };
      substSubModules = modules: nonEmptyListOf (elemType.substSubModules modules);
    };

  attrsOf = elemType: attrsWith { inherit elemType; };
  # Every name that has a definition is there, a false mkIf included, so that the names do not
  # depend on the values.
  lazyAttrsOf =
    elemType:
    attrsWith {
      inherit elemType;
      lazy = true;
    };
  attrsWith =
    {
      elemType,
      lazy ? false,
      placeholder ? "name",
    }:
    mkOptionType {
      name = if lazy then "lazyAttrsOf" else "attrsOf";
      description = "${lib.optionalString lazy "lazy "}attribute set of ${ofPhrase elemType}";
      descriptionClass = "composite";
      check = coherentCheck isAttrs;
      merge = mergeWithMeta (
        { loc, defs }:
        let
          withFile =
            def:
            mapAttrs (_: value: {
              inherit (def) file;
              inherit value;
            }) def.value;
          all = zipAttrsWith (name: mergeDefinitions (loc ++ [ name ]) elemType) (map withFile defs);
          present = if lazy then all else filterAttrs (_: isDefined) all;
        in
        {
          headError = definitionErrors isAttrs defs;
          value = mapAttrs (_: merged: merged.mergedValue) present;
          valueMeta.attrs = mapAttrs (_: metaOf) present;
        }
      );
      emptyValue.value = { };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
      inherit (elemType) getSubModules;
      substSubModules =
        modules:
        attrsWith {
          elemType = elemType.substSubModules modules;
          inherit lazy placeholder;
        };
      functor =
        elemTypeFunctor "attrsWith" { inherit elemType lazy placeholder; }
        // {
          binOp =
            a: b:
            let
              merged = a.elemType.typeMerge b.elemType.functor;
              # The usual placeholder gives way to one that was chosen.
              chosen = lib.unique (
                filter (name: name != "name") [
                  a.placeholder
                  b.placeholder
                ]
              );
            in
            if merged == null || a.lazy != b.lazy || length chosen > 1 then
              null
            else
              {
                elemType = merged;
                inherit (a) lazy;
                placeholder = head (chosen ++ [ "name" ]);
              };
        };
      nestedTypes = { inherit elemType; };
    };

  nullOr =
    elemType:
    mkOptionType {
      name = "nullOr";
      description = "null or ${orPhrase elemType}";
      descriptionClass = "conjunction";
      check = x: x == null || elemType.check x;
      merge =
        loc: defs:
        if all (def: def.value != null) defs then
          elemType.merge loc defs
        else if all (def: def.value == null) defs then
          null
        else
          throw "The option `${showOption loc}` is defined both null and not null, in ${showFiles (getFiles defs)}.";
      emptyValue.value = null;
      inherit (elemType) getSubOptions getSubModules;
      substSubModules = modules: nullOr (elemType.substSubModules modules);
      functor = functorOf "nullOr" elemType;
      nestedTypes = { inherit elemType; };
    };

  uniq = unique { message = ""; };
  unique =
    { message }:
    type:
    mkOptionType {
      name = "unique";
      inherit (type)
        check
        description
        descriptionClass
        emptyValue
        getSubModules
        getSubOptions
        ;
      merge = mergeUniqueOption {
        inherit message;
        inherit (type) merge;
      };
      substSubModules = modules: uniq (type.substSubModules modules);
      functor = elemTypeFunctor "unique" { elemType = type; } // {
        type = payload: unique { inherit message; } payload.elemType;
      };
      nestedTypes.elemType = type;
    };

  either =
    left: right:
    let
      functor = elemTypeFunctor "either" {
        elemType = [
          left
          right
        ];
      };
      accepts = x: left.check x || right.check x;
    in
    mkOptionType {
      name = "either";
      description =
        if left.descriptionClass or null == "nonRestrictiveClause" then
          "${left.description}, or ${orPhrase right}"
        else
          "${orPhrase left} or ${
            phrase [
              "noun"
              "conjunction"
              "composite"
            ] right
          }";
      descriptionClass = "conjunction";
      check = coherentCheck accepts;
      # The left type if it takes every definition, else the right one.
      merge = mergeWithMeta (
        { loc, defs }:
        let
          asLeft = mergeReporting left loc defs;
          asRight = mergeReporting right loc defs;
          headError.message = "The option `${showOption loc}` is neither a value of type `${left.description}` nor `${right.description}`, Definition values: ${showDefs defs}";
        in
        if asLeft.headError == null then
          asLeft
        else if asRight.headError == null then
          asRight
        else
          {
            inherit headError;
            # Reached only by a caller that takes the value without looking at the error.
            value = lib.warn headError.message (lib.mergeOneOption loc defs);
            valueMeta = { inherit headError; };
          }
      );
      typeMerge =
        other:
        let
          mergedLeft = left.typeMerge (head other.payload.elemType).functor;
          mergedRight = right.typeMerge (elemAt other.payload.elemType 1).functor;
        in
        if other.name == "either" && mergedLeft != null && mergedRight != null then
          either mergedLeft mergedRight
        else
          null;
      inherit functor;
      nestedTypes = { inherit left right; };
    };
  oneOf =
    members:
    if members == [ ] then
      throw "types.oneOf needs at least one type"
    else
      builtins.foldl' either (head members) (builtins.tail members);

  coercedTo =
    coercedType: coerce: finalType:
    assert lib.assertMsg (
      coercedType.getSubModules == null
    ) "coercedTo: the type to convert from must not have submodules, as ${coercedType.description} does";
    let
      check = x: (coercedType.check x && finalType.check (coerce x)) || finalType.check x;
      coerceDefinition =
        loc: def:
        let
          fits =
            if coercedType.merge ? v2 then
              (mergeReporting coercedType loc [ def ]).headError == null
            else
              coercedType.check def.value;
        in
        if fits then def // { value = coerce def.value; } else def;
    in
    mkOptionType {
      name = "coercedTo";
      description = "${phrase [ "noun" ] finalType} or ${phrase [ "noun" ] coercedType} convertible to it";
      check = coherentCheck check;
      merge = mergeWithMeta (
        { loc, defs }:
        let
          merged = mergeReporting finalType loc (map (coerceDefinition loc) defs);
        in
        if finalType.merge ? v2 then merged else merged // { headError = definitionErrors check defs; }
      );
      inherit (finalType) emptyValue getSubOptions getSubModules;
      substSubModules = modules: coercedTo coercedType coerce (finalType.substSubModules modules);
      typeMerge = _: null;
      functor = defaultFunctor "coercedTo";
      nestedTypes = { inherit coercedType finalType; };
    };

  functionTo =
    elemType:
    mkOptionType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${ofPhrase elemType}";
      descriptionClass = "composite";
      check = isFunction;
      merge = loc: defs: {
        # Optional only if it is so in every definition.
        __functionArgs = zipAttrsWith (_: all (x: x)) (map (def: functionArgs def.value) defs);
        __functor =
          _: argument:
          (mergeDefinitions (loc ++ [ "<function body>" ]) elemType (
            map (def: {
              inherit (def) file;
              value = def.value argument;
            }) defs
          )).mergedValue;
      };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<function body>" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: functionTo (elemType.substSubModules modules);
      functor = functorOf "functionTo" elemType;
      nestedTypes = { inherit elemType; };
    };

  attrTag =
    tags:
    let
      checked = mapAttrs (checkTag tags) tags;
      choices = lib.concatMapStringsSep ", " escapeNixIdentifier (attrNames tags);
      tagOf = def: head (attrNames def.value);
    in
    mkOptionType {
      name = "attrTag";
      description = "attribute-tagged union with choices: ${choices}";
      descriptionClass = "noun";
      check = x: isAttrs x && length (attrNames x) == 1 && tags ? ${head (attrNames x)};
      merge =
        loc: defs:
        let
          tag = tagOf (head defs);
          valueOf =
            def:
            if tagOf def == tag then
              {
                inherit (def) file;
                value = def.value.${tag};
              }
            else
              throw "The option `${showOption loc}` is defined both as `${tag}` and `${tagOf def}`, in ${showFiles (getFiles defs)}.";
        in
        {
          ${tag} = (lib.evalOptionValue (loc ++ [ tag ]) checked.${tag} (map valueOf defs)).value;
        };
      getSubOptions =
        prefix: mapAttrs (tag: option: option // { loc = prefix ++ [ tag ]; }) checked;
      functor = defaultFunctor "attrTag" // {
        type = payload: attrTag payload.tags;
        payload.tags = checked;
        binOp = a: b: {
          tags = a.tags // b.tags // mapAttrs (mergeTag a.tags) (builtins.intersectAttrs a.tags b.tags);
        };
      };
      nestedTypes = checked;
    };

  # JSON's and TOML's values; the type contains itself, so its parts must stay lazy.
  serializableValueWith =
    {
      typeName,
      nullable ? true,
    }:
    let
      inherit (lib.types)
        bool
        float
        int
        path
        str
        ;
      choices = oneOf [
        bool
        int
        float
        str
        path
        (attrsOf value)
        (listOf value)
      ];
      value = (if nullable then nullOr choices else choices) // {
        description = "${typeName} value";
      };
    in
    value;
  json = serializableValueWith { typeName = "JSON"; };
  toml = serializableValueWith {
    typeName = "TOML";
    nullable = false;
  };
}
