# Where a path of a configuration leads: to an option, and below it, into what its type holds.
{ lib }:
let
  inherit (builtins)
    elem
    head
    isAttrs
    map
    tail
    ;

  # The option at or above a path, and how many names of the path lead to it.
  optionAt =
    tree: depth: path:
    if lib.isOption tree then
      {
        option = tree;
        inherit depth;
      }
    else if path == [ ] || !(isAttrs tree && tree ? ${head path}) then
      null
    else
      optionAt tree.${head path} (depth + 1) (tail path);

  # A name of a path: whether definitions are merged there, each priority for itself (`merges`); whether what it names
  # may be an entry of a DAG (`entry`, Home Manager's types.dagOf); the option that it leads to within a submodule, and
  # whether that is the one of the very instance, with values (`evaluated`), or the declaration for all of them; whether
  # what holds it is a submodule's value (`inModule`), and that submodule as it is evaluated (`instance`), or null.
  named = name: {
    inherit name;
    merges = true;
    entry = false;
    option = null;
    evaluated = false;
    inModule = false;
    instance = null;
    type = null;
  };

  isStructured =
    type:
    elem type.name [
      "attrsOf"
      "lazyAttrsOf"
      "submodule"
      "dagOf"
    ];

  # The names of a path below an option, by the option's type; `meta` is the valueMeta of its value, or { }.
  namesIn =
    meta: loc: type: path:
    let
      within = namesIn meta loc;
      inherit (type.nestedTypes) elemType;
      below = meta.attrs.${head path} or { };
      here = loc ++ [ (head path) ];
    in
    if path == [ ] then
      [ ]
    else if
      elem type.name [
        "attrsOf"
        "lazyAttrsOf"
      ]
    then
      [ (named (head path) // { type = elemType; }) ] ++ namesIn below here elemType (tail path)
    else if type.name == "dagOf" then
      [
        (
          named (head path)
          // {
            entry = true;
            type = elemType;
          }
        )
      ]
      ++ namesIn { } here elemType (if lib.take 1 (tail path) == [ "data" ] then tail (tail path) else tail path)
    else if type.name == "submodule" then
      let
        names = namesInTree (meta ? configuration) (meta.configuration.options or (type.getSubOptions loc)) loc path;
      in
      [
        (
          head names
          // {
            inModule = true;
            instance = meta.configuration or null;
          }
        )
      ]
      ++ tail names
    else if type.name == "either" then
      within (if isStructured type.nestedTypes.left then type.nestedTypes.left else type.nestedTypes.right) path
    else if type.name == "coercedTo" then
      within type.nestedTypes.finalType path
    else if
      elem type.name [
        "nullOr"
        "uniq"
        "unique"
      ]
    then
      within elemType path
    else
      map named path;

  namesInTree =
    evaluated: tree: loc: path:
    let
      found = tree.${head path};
      here = loc ++ [ (head path) ];
    in
    if path == [ ] || !(tree ? ${head path}) then
      map named path
    else if lib.isOption found then
      [
        (
          named (head path)
          // {
            option = found;
            inherit (found) type;
            inherit evaluated;
          }
        )
      ]
      ++ namesIn (if evaluated then found.valueMeta or { } else { }) here found.type (tail path)
    else
      [ (named (head path) // { merges = false; }) ] ++ namesInTree evaluated found here (tail path);
in
{
  inherit named namesIn optionAt;
}
