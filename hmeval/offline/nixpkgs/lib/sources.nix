# Parts of a source tree.
{ lib }:

let
  unwanted = [
    ".git"
    ".svn"
    ".hg"
    "CVS"
  ];
in
rec {
  # What version control and editors leave behind is no source.
  cleanSourceFilter =
    name: type:
    let
      base = baseNameOf (toString name);
    in
    !(
      (type == "directory" && builtins.elem base unwanted)
      || lib.hasSuffix "~" base
      || lib.hasSuffix ".o" base
      || lib.hasSuffix ".so" base
      || (type == "symlink" && lib.hasPrefix "result" base)
      || type == "unknown"
    );
  cleanSourceWith =
    {
      src,
      filter ? _: _: true,
      name ? "source",
    }:
    {
      _isLibCleanSourceWith = true;
      inherit name filter;
      origSrc = src;
      outPath = builtins.path { inherit name filter; path = src; };
    };
  cleanSource =
    src:
    cleanSourceWith {
      inherit src;
      filter = cleanSourceFilter;
    };
  sourceFilesBySuffices =
    src: suffixes:
    cleanSourceWith {
      inherit src;
      filter =
        name: type: type == "directory" || lib.any (suffix: lib.hasSuffix suffix name) suffixes;
    };

  pathIsGitRepo = path: builtins.pathExists "${toString path}/HEAD";
  # The commit that HEAD is at, or that the branch is at which HEAD names.
  commitIdFromGitRepo =
    path:
    let
      head = lib.fileContents "${toString path}/HEAD";
      branch = builtins.match "ref: (.*)" head;
    in
    if branch == null then head else lib.fileContents "${toString path}/${builtins.head branch}";
}
