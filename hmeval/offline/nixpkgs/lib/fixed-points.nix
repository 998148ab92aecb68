# Fixed points, and overlays as functions of the final and the previous set.
{ lib }:

rec {
  fix =
    f:
    let
      x = f x;
    in
    x;

  fix' =
    f:
    let
      x = f x // {
        __unfix__ = f;
      };
    in
    x;

  converge =
    f: x:
    let
      next = f x;
    in
    if next == x then x else converge f next;

  extends =
    overlay: f: final:
    let
      prev = f final;
    in
    prev // overlay final prev;

  composeExtensions =
    first: second: final: prev:
    let
      added = first final prev;
    in
    added // second final (prev // added);

  composeManyExtensions = builtins.foldl' composeExtensions (_: _: { });

  makeExtensible = makeExtensibleWithCustomName "extend";

  makeExtensibleWithCustomName =
    extenderName: f:
    fix' (
      final:
      f final
      // {
        ${extenderName} = overlay: makeExtensibleWithCustomName extenderName (extends overlay f);
      }
    );

  # An overlay may be written as a set, as a function of `prev`, or of `final` and `prev`.
  toExtension =
    f:
    if lib.isFunction f then
      final: prev:
      let
        applied = f prev;
      in
      if lib.isFunction applied then f final prev else applied
    else
      _: _: f;
}
