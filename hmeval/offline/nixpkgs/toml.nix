# A value as TOML: first the keys of a table, then the tables inside it.
{ lib }:

let
  inherit (builtins) all isAttrs isList toJSON;

  keyOf = name: if builtins.match "[A-Za-z0-9_-]+" name != null then name else toJSON name;
  isTable = value: isAttrs value && !lib.isStringLike value;
  isTables = value: isList value && value != [ ] && all isTable value;

  inline =
    value:
    if isTable value then
      "{ ${lib.concatMapAttrsStringSep ", " (name: inner: "${keyOf name} = ${inline inner}") value} }"
    else if isList value then
      "[${lib.concatMapStringsSep ", " inline value}]"
    else
      toJSON value;

  section =
    header: path: table:
    let
      set = lib.filterAttrs (_: value: value != null) table;
      isKey = _: value: !(isTable value || isTables value);
      keys = lib.mapAttrsToList (name: value: "${keyOf name} = ${inline value}\n") (
        lib.filterAttrs isKey set
      );
      inner =
        name: value:
        let
          here = path ++ [ (keyOf name) ];
          title = lib.concatStringsSep "." here;
        in
        if isTable value then
          section "[${title}]\n" here value
        else
          lib.concatMapStringsSep "\n" (section "[[${title}]]\n" here) value;
      tables = lib.mapAttrsToList inner (lib.filterAttrs (name: value: !isKey name value) set);
    in
    lib.concatStringsSep "\n" ([ (header + lib.concatStrings keys) ] ++ tables);
in
section "" [ ]
