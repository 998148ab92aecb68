# Entries that name the entries which come before and after them, and their order.
{ lib }:

let
  inherit (builtins)
    attrNames
    attrValues
    elem
    filter
    isAttrs
    mapAttrs
    ;

  # tag-0, tag-1, …: each after the one before it; the first has the group's `after`, the last its
  # `before`.
  chain =
    tag: before: after: entries:
    let
      name = n: "${tag}-${toString n}";
      last = builtins.length entries - 1;
      entry = n: data: {
        name = name n;
        value = {
          inherit data;
          before = if n == last then before else [ ];
          after = if n == 0 then after else [ (name (n - 1)) ];
        };
      };
    in
    builtins.listToAttrs (lib.imap0 entry entries);
in
rec {
  empty = { };
  isEntry = value: value ? data && value ? after && value ? before;
  isDag = value: isAttrs value && builtins.all isEntry (attrValues value);

  entryBetween = before: after: data: { inherit data before after; };
  entryAnywhere = entryBetween [ ] [ ];
  entryAfter = entryBetween [ ];
  entryBefore = before: entryBetween before [ ];

  entriesBetween = chain;
  entriesAnywhere = tag: chain tag [ ] [ ];
  entriesAfter = tag: chain tag [ ];
  entriesBefore = tag: before: chain tag before [ ];

  map = f: mapAttrs (name: entry: entry // { data = f name entry.data; });

  # { result = [ { name, data } ] }, or { cycle, loops } where there is no order. Names without an
  # entry are ignored.
  topoSort =
    dag:
    let
      wantedBefore = name: filter (other: elem name dag.${other}.before) (attrNames dag);
      nodes = lib.mapAttrsToList (name: entry: {
        inherit name;
        inherit (entry) data;
        after = entry.after ++ wantedBefore name;
      }) dag;
      sorted = lib.toposort (a: b: elem a.name b.after) nodes;
    in
    if sorted ? result then
      { result = builtins.map (node: { inherit (node) name data; }) sorted.result; }
    else
      sorted;
}
