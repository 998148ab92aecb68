# File formats: a type for the settings and a generator of the file.
{ lib, pkgs }:

let
  inherit (lib) types;
  inherit (types) attrsOf either listOf;

  atom =
    types.nullOr (
      types.oneOf [
        types.bool
        types.int
        types.float
        types.str
      ]
    )
    // {
      description = "INI atom (null, bool, int, float or string)";
    };

  # Generating from a value: contents are known at evaluation.
  written = render: name: value: pkgs.writeText name (render value);

  pairs =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      atomType ? atom,
    }:
    let
      repeated = either atomType (listOf atomType) // {
        description = "${atomType.description} or a list of them for duplicate keys";
      };
      joined = either atomType (types.nonEmptyListOf atomType) // {
        description = "${atomType.description} or a non-empty list of them";
      };
      value =
        if listsAsDuplicateKeys then
          repeated
        else if listToValue != null then
          joined
        else
          atomType;
    in
    {
      inherit value;
      prepare = lib.mapAttrs (
        _: v: if listToValue != null && lib.isList v then listToValue v else v
      );
    };
in
{
  json = _: {
    type = types.json;
    generate = written (lib.generators.toJSON { });
  };
  yaml = _: {
    type = types.serializableValueWith { typeName = "YAML 1.1"; };
    generate = written (lib.generators.toYAML { });
  };
  # Keys before tables, as TOML wants them.
  toml = _: {
    type = types.toml;
    generate = written (import ./toml.nix { inherit lib; });
  };
  ini =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      ...
    }@arguments:
    let
      pair = pairs { inherit listsAsDuplicateKeys listToValue; };
      render = lib.generators.toINI (removeAttrs arguments [ "listToValue" ]);
      section = attrsOf pair.value // {
        description = "section of an INI file (attrs of ${pair.value.description})";
      };
    in
    {
      type = attrsOf section;
      lib.types = { inherit atom; };
      generate = written (sections: render (lib.mapAttrs (_: pair.prepare) sections));
    };
  keyValue =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      ...
    }@arguments:
    let
      pair = pairs { inherit listsAsDuplicateKeys listToValue; };
      render = lib.generators.toKeyValue (removeAttrs arguments [ "listToValue" ]);
    in
    {
      type = attrsOf pair.value;
      lib.types = { inherit atom; };
      generate = written (settings: render (pair.prepare settings));
    };
}
