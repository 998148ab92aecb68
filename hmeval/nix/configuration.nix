# One configuration of a flake: of its `configurations`, which are those of the output that is called `output`.
configurations: output: name:
let
  inherit (builtins) isAttrs typeOf unsafeGetAttrPos;

  configuration = configurations.${name};
  position = unsafeGetAttrPos name configurations;
  place = if position == null then "" else " at ${position.file}:${toString position.line}:${toString position.column}";
in
if isAttrs configuration then
  configuration
else
  throw "${output}.${name}${place} is a ${typeOf configuration}; a configuration is expected: what homeManagerConfiguration, nixosSystem or darwinSystem gives"
