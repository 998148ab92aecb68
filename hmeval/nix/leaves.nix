# What stands in the definitions of modules, one level at a time: for who looks for the one that cannot be evaluated.
# It takes what the modules are called with.
{ lib, config, ... }:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    head
    isAttrs
    isList
    map
    tail
    tryEval
    unsafeGetAttrPos
    ;

  # What is switched on brings a package, by default or not; who defines `enable` is who asks for that.
  packages =
    node:
    let
      at = name: lib.attrByPath (node.path ++ [ name ]) null config;
      position = unsafeGetAttrPos "enable" node.value;
    in
    if position == null then
      [ ]
    else
      [
        {
          inherit position;
          path = node.path ++ [ "package" ];
          value = if tryEval (at "enable") == { success = true; value = true; } then at "package" else null;
        }
      ];

  # Of a derivation that cannot be built, nothing fails but its path.
  within =
    node:
    let
      inherit (node) value;
      type = value._type or value.type or null;
      hold = found: node // { value = found; };
      attribute = name: {
        path = node.path ++ [ name ];
        position =
          let
            written = unsafeGetAttrPos name value;
          in
          if written == null then node.position else written;
        value = value.${name};
      };
    in
    if isList value then
      map hold value
    else if !isAttrs value then
      [ ]
    else if type == "merge" then
      map hold value.contents
    else if type == "if" then
      [
        (hold value.condition)
        (hold value.content)
      ]
    else if type == "override" || type == "order" then
      [ (hold value.content) ]
    else if type == "derivation" then
      [ (hold value.drvPath) ]
    else if lib.isOption value || value ? _type then
      [ ]
    else
      map attribute (attrNames value) ++ packages node;
in
{
  inherit within;

  # Where modules declare the option at a path.
  declarations =
    loc:
    let
      at =
        set: path:
        let
          name = head path;
        in
        if !(isAttrs set && set ? ${name}) then
          [ ]
        else if tail path == [ ] then
          [ (unsafeGetAttrPos name set) ]
        else
          at set.${name} (tail path);
    in
    modules: filter (position: position != null) (concatMap (module: at module.options loc) modules);

  # The paths of the options that each module declares, by its file.
  declared =
    let
      pathsIn =
        path: set:
        if !isAttrs set then
          [ ]
        else if lib.isOption set then
          [ path ]
        else
          concatMap (name: pathsIn (path ++ [ name ]) set.${name}) (attrNames set);
    in
    map (module: {
      inherit (module) file;
      paths = pathsIn [ ] module.options;
    });

  # The definitions of each module, by its file.
  tops =
    modules:
    map (module: {
      inherit (module) file;
      nodes = concatMap (value: [
        {
          path = [ ];
          position = null;
          inherit value;
        }
      ]) module.definitions;
    }) modules;
}
