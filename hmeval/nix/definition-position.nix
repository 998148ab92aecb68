# Where a module file defines an option: the position of the last name of the option's path, or null.
#
# The module is called again, with arguments of which only `lib` is real: a definition's place stands in the module's
# structure, which seldom depends on the others. `mkIf` and its kin are looked through, whatever their conditions.
{
  lib,
  file,
  loc,
}:
let
  module = import file;

  missing = name: throw "the argument ${name} is not known here";
  known = {
    inherit lib;
    config = missing "config";
    options = missing "options";
    pkgs = missing "pkgs";
  };
  arguments = known // builtins.mapAttrs (name: _: known.${name} or (missing name)) (builtins.functionArgs module);
  body = if builtins.isFunction module then module arguments else module;
  definitions = if body ? config || body ? options then body.config or { } else body;

  # The sets that may hold definitions, behind mkMerge, mkIf, mkOverride and mkOrder.
  contents =
    value:
    let
      type = if builtins.isAttrs value then value._type or null else null;
    in
    if type == "merge" then
      builtins.concatMap contents value.contents
    else if builtins.elem type [
      "if"
      "override"
      "order"
    ] then
      contents value.content
    else
      [ value ];

  positions =
    path: value:
    let
      name = builtins.head path;
      rest = builtins.tail path;
      inSet =
        set:
        if !(builtins.isAttrs set && set ? ${name}) then
          [ ]
        else if rest == [ ] then
          [ (builtins.unsafeGetAttrPos name set) ]
        else
          positions rest set.${name};
    in
    builtins.concatMap inSet (contents value);

  found = builtins.filter (position: position != null) (positions loc definitions);
in
if found == [ ] then null else builtins.head found
