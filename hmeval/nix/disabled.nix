# The modules that others disable, and what they would declare.
{
  # What module functions are called with.
  arguments,
  # As modules.nix gives them.
  modules,
}:
let
  inherit (builtins)
    any
    concatMap
    filter
    head
    isAttrs
    isPath
    isString
    map
    mapAttrs
    substring
    tail
    ;
  inherit (arguments) lib;

  keyOf =
    item:
    if !isString item then
      toString (item.key or item)
    else if substring 0 1 item == "/" then
      item
    else
      "${toString arguments.modulesPath or ""}/${item}";

  called =
    module:
    if lib.isFunction module then
      module (
        arguments
        // mapAttrs (name: _: arguments.${name} or arguments.config._module.args.${name}) (
          lib.functionArgs module
        )
      )
    else
      module;

  has =
    set: loc:
    loc == [ ] || (isAttrs set && set ? ${head loc} && has set.${head loc} (tail loc));

  declares =
    loc: file:
    let
      module = called (import file);
      isFile = item: isPath item || (isString item && substring 0 1 item == "/");
    in
    has (module.options or { }) loc || any (declares loc) (filter isFile (module.imports or [ ]));

  disabled = concatMap (
    module:
    map (item: {
      file = keyOf item;
      by = module.file;
    }) module.disables
  ) modules;
in
{
  # Those that would declare an option at a path: { file, by }.
  declaring = loc: filter (entry: declares loc entry.file) disabled;
}
