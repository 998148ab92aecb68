# One configuration of a flake, below homeConfigurations, nixosConfigurations or darwinConfigurations.
flake: output: name:
let
  inherit (builtins) isAttrs typeOf unsafeGetAttrPos;

  configuration = flake.${output}.${name};
  position = unsafeGetAttrPos name flake.${output};
  place = if position == null then "" else " at ${position.file}:${toString position.line}:${toString position.column}";
in
if isAttrs configuration then
  configuration
else
  throw "${output}.${name}${place} is a ${typeOf configuration}; a configuration is expected: what homeManagerConfiguration, nixosSystem or darwinSystem gives"
