# The options at and below a path alone, in the sets that lead to them: the rest of the tree is not evaluated.
path: options:
let
  inherit (builtins)
    head
    isAttrs
    tail
    ;

  below =
    path: tree:
    if path == [ ] || !isAttrs tree || tree._type or null == "option" then
      tree
    else if tree ? ${head path} then
      { ${head path} = below (tail path) tree.${head path}; }
    else
      { };
in
below path options
