# A flake, with its inputs from a complete lock file: what `builtins.getFlake` gives.
#
# The lock file is in memory (hmeval/targets/locking.py completes it), so that inputs can be replaced, and none need be
# written. The form of lock files is described in Nix's manual, `nix flake`, "Lock files".
{
  # The lock file, as JSON.
  lock,
  # By key of a node: { sourceInfo, directory } of what has been fetched already; that of the root is always there.
  places,
  # By key: { names, told }, the attributes of a lock that this Nix does not fetch with, and what they tell the flake.
  refused,
  # By key: what those fail with that could not be fetched, and are not locked.
  missing,
  # Modules for every configuration that the flake makes with the homeManagerConfiguration of an input.
  modules,
}:
let
  inherit (builtins)
    appendContext
    attrNames
    baseNameOf
    compareVersions
    concatMap
    filter
    foldl'
    fromJSON
    isList
    isString
    listToAttrs
    map
    mapAttrs
    match
    nixVersion
    removeAttrs
    seq
    substring
    unsafeDiscardStringContext
    ;

  inherit (fromJSON lock) nodes root;

  # Since then a flake in a folder of its source is that folder (Nix 2.14), and says that it is a flake.
  # Over 2.8.0 the compatibility library gives nixVersion its own value (native/compat/nix-2.8/state.cc).
  isModern = match ".*-over-2\\.8\\.0" nixVersion == null;

  # Since then an input in a folder of another one has the other one's source, and an input that is no flake tells its
  # source too (Nix 2.30). Over 2.8.0, nixVersion says less.
  sharesSource = compareVersions nixVersion "2.30" >= 0;

  below = folder: directory: if directory == "" then folder else "${folder}/${directory}";

  # The key of an input: it has it, or follows a path from the root.
  resolve = edge: if isList edge then keyAt edge else edge;
  keyAt = foldl' (key: name: if missing ? ${key} then key else resolve nodes.${key}.inputs.${name}) root;

  # By key, a flake that has the node as an input, and by which name: what a relative path is relative to, where the
  # lock file (before Nix 2.26) does not say it.
  owners = listToAttrs (
    concatMap (
      key:
      let
        inputs = nodes.${key}.inputs or { };
      in
      map (name: {
        name = inputs.${name};
        value = { inherit key name; };
      }) (filter (name: isString inputs.${name}) (attrNames inputs))
    ) (attrNames nodes)
  );

  # The names of the inputs that lead to a node.
  pathTo =
    key:
    let
      owner = owners.${key};
    in
    if owner.key == root then owner.name else "${pathTo owner.key}/${owner.name}";

  # What the lock file has, in a few words.
  shown =
    locked:
    if locked ? owner then
      "${locked.type}:${locked.owner}/${locked.repo}/${locked.rev or ""}"
    else
      locked.url or locked.path or locked.type;

  isRelative = locked: locked.type == "path" && match "/.*" locked.path == null;

  # For `revCount`, which flakes have, fetchTree (Nix 2.26) must be told so.
  wholeHistory = locked: if locked.type == "git" then { shallow = false; } else { };

  # Since 2.35 a tree that was fetched is there for Nix alone, until something is built of it. hmeval reads its files, and so
  # do users and editors who are sent there.
  onDisk =
    tree:
    let
      name = substring 33 (-1) (unsafeDiscardStringContext (baseNameOf tree.outPath));
      copy = builtins.path {
        inherit name;
        path = tree.outPath;
        sha256 = tree.narHash;
      };
    in
    if compareVersions nixVersion "2.35" >= 0 then seq copy tree else tree;

  # What Nix knows to be in its store is a string that depends on it.
  inStore = sourceInfo: sourceInfo // { outPath = appendContext sourceInfo.outPath { ${sourceInfo.outPath}.path = true; }; };

  # An input as flakes get it.
  withModules =
    flake:
    if modules == [ ] || !(flake ? lib.homeManagerConfiguration) then
      flake
    else
      flake
      // {
        lib = flake.lib // {
          homeManagerConfiguration =
            arguments:
            flake.lib.homeManagerConfiguration (arguments // { modules = arguments.modules or [ ] ++ modules; });
        };
      };

  called = mapAttrs (
    key: node:
    let
      parent = called.${if node ? parent then keyAt node.parent else owners.${key}.key};
      inParent = below parent.folder node.locked.path;
      informing = refused.${key} or { names = [ ]; told = { }; };

      fetched =
        if missing ? ${key} then
          # hmeval/flakes.py knows these words, too.
          builtins.addErrorContext "while fetching the input '${pathTo key}', locked as ''" (throw missing.${key})
        else if isRelative node.locked && !(node ? parent) then
          builtins.fetchTree {
            type = "path";
            path = inParent;
          }
        else if isRelative node.locked then
          parent.sourceInfo // (if sharesSource then { } else { outPath = inParent; })
        else
          # hmeval/flakes.py knows these words.
          builtins.addErrorContext "while fetching the input '${pathTo key}', locked as '${shown node.locked}'" (
            onDisk (builtins.fetchTree (wholeHistory node.locked // removeAttrs node.locked ([ "dir" ] ++ informing.names)))
            // informing.told
          );

      place = places.${key} or null;
      sourceInfo = if place == null then fetched else inStore place.sourceInfo;
      directory = if place == null then node.locked.dir or "" else place.directory;
      isInParent = sharesSource && place == null && node ? parent && isRelative node.locked;
      folder = if isInParent then inParent else below "${sourceInfo.outPath}" directory;

      inputs = mapAttrs (_: edge: withModules called.${resolve edge}.value) (node.inputs or { });
      outputs = (import (folder + "/flake.nix")).outputs (inputs // { self = flake; });

      flake =
        outputs
        // sourceInfo
        // {
          inherit inputs outputs sourceInfo;
        }
        // (
          if isModern then
            {
              outPath = folder;
              _type = "flake";
            }
          else
            { }
        );
    in
    {
      inherit folder sourceInfo;
      value =
        if node.flake or true then
          flake
        else if sharesSource then
          sourceInfo // { inherit sourceInfo; outPath = folder; }
        else
          sourceInfo;
    }
  ) nodes;
in
called.${root}.value
