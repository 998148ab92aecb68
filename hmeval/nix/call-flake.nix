# A flake, with its inputs from its lock file: what `builtins.getFlake` gives, and two things that it cannot do.
#
# - Inputs can be replaced (`overrides`), as with Nix's --override-input.
# - A flake without a lock file is no error as long as its inputs are replaced, follow another or are local paths.
#
# No lock file is ever written. The form of lock files is described in Nix's manual, `nix flake`, "Lock files".
{
  # What builtins.fetchTree gave for the flake.
  source,
  # Where flake.nix lies in it; "" for the top.
  subdirectory ? "",
  # By name of the input: what builtins.fetchTree gave for the folder that replaces it.
  overrides ? { },
}:
let
  inherit (builtins)
    foldl'
    fromJSON
    functionArgs
    isList
    isString
    mapAttrs
    match
    pathExists
    readFile
    removeAttrs
    split
    ;

  newestLockVersion = 7;

  readLock =
    folder:
    let
      lock = fromJSON (readFile (folder + "/flake.lock"));
    in
    if !pathExists (folder + "/flake.lock") then
      {
        nodes.root = { };
        root = "root";
      }
    else if lock.version > newestLockVersion then
      throw "${folder}/flake.lock has version ${toString lock.version}; versions up to 7 are known"
    else
      lock;

  below = folder: name: if name == "" then folder else "${folder}/${name}";

  # The flake at the end of a path of input names, from a flake that is already called.
  walk = foldl' (flake: name: flake.inputs.${name});

  fetchPath =
    folder: path:
    builtins.fetchTree {
      type = "path";
      path = if match "/.*" path != null then path else "${folder}/${path}";
    };

  # A locked path can be relative to the flake that names it (Nix 2.26); everything else Nix fetches by itself.
  fetchLocked =
    folder: locked:
    if locked.type == "path" && match "/.*" locked.path == null then
      { outPath = "${folder}/${locked.path}"; }
    else
      builtins.fetchTree (removeAttrs locked [ "dir" ]);

  # Call the flake of one node of a lock file.
  #
  # `root` is the called flake that the lock file belongs to, null for that flake itself. `replaced` says, by name of the input, what its parents
  # want in its place: { flake } that is called already, or { source }; and { inputs }, the same for the input's own.
  call =
    {
      sourceInfo,
      subdirectory,
      lock,
      key,
      root,
      replaced,
    }:
    let
      folder = below "${sourceInfo.outPath}" subdirectory;
      flake = import (folder + "/flake.nix");
      node = lock.nodes.${key};
      locked = node.inputs or { };
      declared = mapAttrs (_: input: if isString input then { url = input; } else input) (flake.inputs or { });
      undeclared = removeAttrs (functionArgs flake.outputs) [ "self" ];

      lockOwner = if root == null then result else root;

      follow = path: walk result (builtins.filter isString (split "/" path));

      # What this flake wants for the inputs of its input `name`, under what its own parents want.
      replacedBelow =
        name:
        mapAttrs (
          _: wanted:
          (if wanted ? follows then { flake = follow wanted.follows; } else { })
          // (if wanted ? url && match "path:.*" wanted.url != null then { source = fetchUrl wanted.url; } else { })
        ) (declared.${name}.inputs or { })
        // (replaced.${name}.inputs or { });

      fetchUrl = url: fetchPath folder (builtins.head (match "path:([^?]*).*" url));

      isFlake = name: declared.${name}.flake or true;

      # An input with a lock file of its own.
      callAlone =
        name: sourceInfo:
        let
          lock = readLock sourceInfo.outPath;
          called = call {
            inherit sourceInfo lock;
            subdirectory = "";
            key = lock.root;
            root = null;
            replaced = replacedBelow name;
          };
        in
        if isFlake name then called else sourceInfo;

      callLocked =
        name: inputKey:
        let
          inputNode = lock.nodes.${inputKey};
          sourceInfo = fetchLocked folder inputNode.locked;
          called = call {
            inherit sourceInfo lock;
            root = lockOwner;
            subdirectory = inputNode.locked.dir or "";
            key = inputKey;
            replaced = replacedBelow name;
          };
        in
        if inputNode.flake or true then called else sourceInfo;

      input =
        name:
        let
          wanted = replaced.${name} or { };
          url = declared.${name}.url or "";
        in
        if wanted ? flake then
          wanted.flake
        else if wanted ? source then
          callAlone name wanted.source
        else if locked ? ${name} then
          if isList locked.${name} then
            walk lockOwner locked.${name}
          else
            callLocked name locked.${name}
        else if declared ? ${name}.follows then
          follow declared.${name}.follows
        else if match "path:.*" url != null then
          callAlone name (fetchUrl url)
        else
          throw "the input '${name}' of the flake ${folder} is not in its flake.lock; lock it with `nix flake lock`, or replace it with --override-input ${name} DIR";

      inputs = mapAttrs (name: _: input name) (undeclared // declared // locked);
      outputs = flake.outputs (inputs // { self = result; });
      result =
        outputs
        // sourceInfo
        // {
          outPath = folder;
          inherit inputs outputs sourceInfo;
          _type = "flake";
        };
    in
    result;

  lock = readLock (below "${source.outPath}" subdirectory);
in
call {
  sourceInfo = source;
  inherit subdirectory lock;
  key = lock.root;
  root = null;
  replaced = mapAttrs (_: source: { inherit source; }) overrides;
}
