# Where nixpkgs' stdenv runs the commands that a derivation has, this stand-in for it builds nothing.
echo "this stand-in for nixpkgs builds nothing" >&2
exit 1
