# What an option type is, and how the types of two declarations of one option merge.
{ lib }:

let
  inherit (builtins) all filter;
  inherit (lib.options) mergeDefaultOption showDefs showOption;
in
rec {
  isType = tag: x: x._type or "" == tag;
  setType = tag: value: value // { _type = tag; };
  isOptionType = isType "option-type";

  # A functor describes how a type was made, so that two of the same making can be made into one.
  defaultFunctor = name: {
    inherit name;
    type = lib.types.${name} or null;
    payload = null;
    binOp = _: _: null;
  };
  elemTypeFunctor = name: payload: {
    inherit name payload;
    type = lib.types.${name};
    binOp =
      a: b:
      let
        elemType = a.elemType.typeMerge b.elemType.functor;
      in
      if elemType == null then null else { inherit elemType; };
  };
  defaultTypeMerge =
    f: g:
    let
      payload = f.binOp f.payload g.payload;
    in
    if f.name != g.name then
      null
    else if f.payload == null then
      f.type
    else if payload == null then
      null
    else
      f.type payload;
  mergeTypes =
    a: b:
    assert isOptionType a && isOptionType b;
    let
      merged = a.typeMerge b.functor;
    in
    if merged == null then setType "merge-error" { error = "Cannot merge types"; } else merged;

  mkOptionType =
    {
      name,
      description ? null,
      # noun, conjunction, composite or nonRestrictiveClause: decides where the description needs
      # parentheses inside another one.
      descriptionClass ? null,
      # Looks at the outermost layer only: looking deeper would make values stricter than needed.
      check ? _: true,
      # loc: [ { file, value } ]: value, or a set with `v2` (see `mergeWithMeta`)
      merge ? mergeDefaultOption,
      # { value } for a type that has a value without any definition
      emptyValue ? { },
      getSubOptions ? _: { },
      getSubModules ? null,
      substSubModules ? _: null,
      functor ? defaultFunctor name,
      typeMerge ? defaultTypeMerge functor,
      deprecationMessage ? null,
      nestedTypes ? { },
    }:
    {
      _type = "option-type";
      description = if description == null then name else description;
      inherit
        name
        descriptionClass
        check
        merge
        emptyValue
        getSubOptions
        getSubModules
        substSubModules
        functor
        typeMerge
        deprecationMessage
        nestedTypes
        ;
    };

  optionDescriptionPhrase =
    fits: type:
    if fits (type.descriptionClass or null) then type.description else "(${type.description})";

  # A merge that also reports what is wrong with the definitions (`headError`) and what there is
  # to know about the value (`valueMeta`); callable as a plain merge too.
  mergeWithMeta = v2: {
    __functor =
      self: loc: defs:
      (self.v2 { inherit loc defs; }).value;
    inherit v2;
  };
  # The check that belongs to such a merge. The mark tells it from one put in its place with `//`,
  # of which the merge would know nothing.
  coherentCheck = check: {
    __functor = _: check;
    isV2MergeCoherent = true;
  };
  throwUnlessCoherent =
    loc: type: result:
    if type.check.isV2MergeCoherent or false then
      result
    else
      throw "The option `${showOption loc}' has a type `${type.description}' whose check was replaced by `type // { check = …; }'; use `lib.types.addCheck' to add a check.";

  definitionErrors =
    check: defs:
    if all (def: check def.value) defs then
      null
    else
      { message = "Definition values: ${showDefs (filter (def: !check def.value) defs)}"; };

  # Any type's merge in the form with a report.
  mergeReporting =
    type: loc: defs:
    if type.merge ? v2 then
      throwUnlessCoherent loc type (type.merge.v2 { inherit loc defs; })
    else
      {
        headError = definitionErrors type.check defs;
        value = type.merge loc defs;
        valueMeta = { };
      };

  addCheck =
    type: check:
    let
      both = x: type.check x && check x;
    in
    if !(type.merge ? v2) then
      type // { check = both; }
    else
      type
      // {
        check = coherentCheck both;
        merge = mergeWithMeta (
          { loc, defs }:
          let
            merged = mergeReporting type loc defs;
          in
          merged
          // {
            headError =
              if merged.headError != null then merged.headError else definitionErrors check defs;
          }
        );
      };
}
