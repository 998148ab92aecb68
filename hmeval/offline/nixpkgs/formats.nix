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

  # By a program that is given the value as JSON, and does not run before the build.
  converted =
    tool: command: name: value:
    pkgs.runCommand name {
      nativeBuildInputs = [ tool ];
      inherit value;
      preferLocalBuild = true;
      __structuredAttrs = true;
    } command;

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
    generate = converted pkgs.jq "jq .value \"$NIX_ATTRS_JSON_FILE\" > \"$out\"";
  };
  yaml = _: {
    type = types.serializableValueWith { typeName = "YAML 1.1"; };
    generate = converted pkgs.remarshal "json2yaml --unwrap value \"$NIX_ATTRS_JSON_FILE\" \"$out\"";
  };
  toml = _: {
    type = types.toml;
    generate = converted pkgs.remarshal "json2toml --unwrap value \"$NIX_ATTRS_JSON_FILE\" \"$out\"";
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
