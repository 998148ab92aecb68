# Lists.
{ lib }:

let
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    head
    isList
    length
    partition
    tail
    ;
  inherit (lib.trivial) compare min;
in
rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;

  singleton = x: [ x ];
  toList = x: if isList x then x else [ x ];
  forEach = xs: f: map f xs;
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];

  foldr =
    op: nul: xs:
    let
      count = length xs;
      from = n: if n == count then nul else op (elemAt xs n) (from (n + 1));
    in
    from 0;
  fold = foldr;
  foldl =
    op: nul: xs:
    let
      upTo = n: if n == 0 then nul else op (upTo (n - 1)) (elemAt xs (n - 1));
    in
    upTo (length xs);

  imap0 = f: xs: genList (n: f n (elemAt xs n)) (length xs);
  imap1 = f: xs: genList (n: f (n + 1) (elemAt xs n)) (length xs);
  ifilter0 =
    predicate: xs:
    map (elemAt xs) (filter (n: predicate n (elemAt xs n)) (genList (n: n) (length xs)));

  flatten = x: if isList x then concatMap flatten x else [ x ];
  remove = unwanted: filter (x: x != unwanted);
  count = predicate: xs: length (filter predicate xs);

  findSingle =
    predicate: default: multiple: xs:
    let
      found = filter predicate xs;
    in
    if found == [ ] then
      default
    else if length found > 1 then
      multiple
    else
      head found;
  findFirstIndex =
    predicate: default: xs:
    let
      end = length xs;
      from =
        n:
        if n == end then
          default
        else if predicate (elemAt xs n) then
          n
        else
          from (n + 1);
    in
    from 0;
  findFirst =
    predicate: default: xs:
    let
      index = findFirstIndex predicate null xs;
    in
    if index == null then default else elemAt xs index;

  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
  replicate = n: x: genList (_: x) n;
  groupBy' =
    op: nul: key: xs:
    builtins.mapAttrs (_: builtins.foldl' op nul) (builtins.groupBy key xs);
  zipListsWith =
    f: xs: ys:
    genList (n: f (elemAt xs n) (elemAt ys n)) (min (length xs) (length ys));
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  reverseList =
    xs:
    let
      count = length xs;
    in
    genList (n: elemAt xs (count - n - 1)) count;
  crossLists = f: builtins.foldl' (fs: args: concatMap (f: map f args) fs) [ f ];

  # Walk from the head of the list to a predecessor of it, from there to a predecessor of that
  # one, and so on: up to an element without any, or (if asked) to one already seen.
  listDfs =
    stopOnCycles: before: list:
    let
      walk =
        current: visited: rest:
        let
          loops = filter (x: before x current) visited;
          split = partition (x: before x current) rest;
        in
        if stopOnCycles && loops != [ ] then
          {
            cycle = current;
            inherit loops visited rest;
          }
        else if split.right == [ ] then
          {
            minimal = current;
            inherit visited rest;
          }
        else
          walk (head split.right) ([ current ] ++ visited) (tail split.right ++ split.wrong);
    in
    walk (head list) [ ] (tail list);

  toposort =
    before: list:
    let
      found = listDfs true before list;
      remaining = toposort before (found.visited ++ found.rest);
    in
    if length list < 2 then
      { result = list; }
    else if found ? cycle then
      {
        cycle = reverseList ([ found.cycle ] ++ found.visited);
        inherit (found) loops;
      }
    else if remaining ? cycle then
      remaining
    else
      { result = [ found.minimal ] ++ remaining.result; };

  sortOn =
    key: xs:
    map (pair: elemAt pair 1) (
      builtins.sort (a: b: head a < head b) (
        map (x: [
          (key x)
          x
        ]) xs
      )
    );
  compareLists =
    cmp: a: b:
    if a == [ ] then
      (if b == [ ] then 0 else -1)
    else if b == [ ] then
      1
    else
      let
        order = cmp (head a) (head b);
      in
      if order == 0 then compareLists cmp (tail a) (tail b) else order;
  naturalSort =
    let
      digitsToInt = part: if isList part then lib.toIntBase10 (head part) else part;
      pieces = text: map digitsToInt (filter (part: part != "") (builtins.split "([0-9]+)" text));
      comparePieces =
        a: b:
        if builtins.typeOf a == builtins.typeOf b then
          compare a b
        else
          # Numbers sort before letters.
          (if builtins.isInt a then -1 else 1);
    in
    xs:
    map (pair: pair.text) (
      builtins.sort (a: b: compareLists comparePieces a.pieces b.pieces < 0) (
        map (text: {
          inherit text;
          pieces = pieces text;
        }) xs
      )
    );

  take = n: sublist 0 n;
  takeEnd = n: xs: drop (lib.max 0 (length xs - n)) xs;
  drop = n: xs: sublist n (length xs) xs;
  dropEnd = n: xs: take (lib.max 0 (length xs - n)) xs;
  sublist =
    start: count: xs:
    let
      available = length xs - start;
      kept = if available < 0 then 0 else min count available;
    in
    genList (n: elemAt xs (start + n)) kept;
  hasPrefix = prefix: xs: take (length prefix) xs == prefix;
  removePrefix =
    prefix: xs:
    if hasPrefix prefix xs then
      drop (length prefix) xs
    else
      throw "lib.lists.removePrefix: the list does not begin so";
  commonPrefix =
    xs: ys:
    let
      differs = findFirstIndex (pair: pair.fst != pair.snd) null (zipLists xs ys);
    in
    take (if differs == null then min (length xs) (length ys) else differs) xs;
  last =
    xs:
    assert lib.assertMsg (xs != [ ]) "lists.last: the list is empty";
    elemAt xs (length xs - 1);
  init =
    xs:
    assert lib.assertMsg (xs != [ ]) "lists.init: the list is empty";
    genList (elemAt xs) (length xs - 1);

  replaceElemAt =
    xs: index: x:
    if index < 0 || index >= length xs then
      throw "lists.replaceElemAt: there is no element ${toString index}"
    else
      imap0 (n: old: if n == index then x else old) xs;
  unique = builtins.foldl' (kept: x: if elem x kept then kept else kept ++ [ x ]) [ ];
  uniqueStrings = xs: builtins.attrNames (builtins.groupBy (x: x) xs);
  allUnique = xs: length (unique xs) == length xs;
  intersectLists = xs: filter (y: elem y xs);
  subtractLists = unwanted: filter (x: !elem x unwanted);
  mutuallyExclusive = xs: ys: !any (x: elem x ys) xs;
  concatAttrValues = attrs: concatLists (builtins.attrValues attrs);
}
