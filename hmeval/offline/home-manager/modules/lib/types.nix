# Home Manager's own option types.
{ lib }:

let
  inherit (lib)
    mkOption
    mkOptionType
    mkOrder
    types
    ;
  inherit (lib.hm) dag;
  gvariantValues = lib.hm.gvariant;

  # An entry of a DAG; a plain value is one without an order.
  dagEntryOf =
    elemType:
    let
      entry = types.submodule (
        { name, ... }:
        {
          options = {
            data = mkOption { type = elemType; };
            after = mkOption { type = types.listOf types.str; };
            before = mkOption { type = types.listOf types.str; };
          };
          # The submodule's own `name` would be "data".
          config = lib.mkIf (elemType.name == "submodule") { data._module.args.dagName = name; };
        }
      );
      asEntry =
        def:
        if dag.isEntry def.value then
          def.value
        else
          dag.entryAnywhere (if def ? priority then mkOrder def.priority def.value else def.value);
    in
    mkOptionType {
      name = "dagEntryOf";
      description = "DAG entry of ${elemType.description}";
      merge =
        loc: defs:
        entry.merge loc (
          map (def: {
            inherit (def) file;
            value = asEntry def;
          }) defs
        );
    };
in
{
  dagOf =
    elemType:
    let
      entries = types.attrsOf (dagEntryOf elemType);
      self = lib.hm.types.dagOf;
    in
    mkOptionType {
      name = "dagOf";
      description = "DAG of ${elemType.description}";
      inherit (entries) check merge emptyValue;
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<name>" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: self (elemType.substSubModules modules);
      functor = lib.types.defaultFunctor "dagOf" // {
        wrapped = elemType;
      };
      nestedTypes = { inherit elemType; };
    };

  gvariant = mkOptionType {
    name = "gvariant";
    description = "GVariant value";
    check = value: gvariantValues.mkValue value != null;
    merge =
      loc: defs:
      let
        values = map (def: def // { value = gvariantValues.mkValue def.value; }) defs;
        inherit ((builtins.head values).value) type;
        mergeElements = (types.listOf lib.hm.types.gvariant).merge loc;
        # Any definition of these is as good as another one that equals it.
        isEqual = builtins.elem type [
          gvariantValues.type.string
          gvariantValues.type.double
        ];
        isWhole =
          gvariantValues.isDictionaryEntry type
          || gvariantValues.isMaybe type
          || gvariantValues.isTuple type
          || type == gvariantValues.type.variant;
      in
      if builtins.any (def: def.value.type != type) values then
        throw "Cannot merge definitions of `${lib.showOption loc}' with several GVariant types, in ${lib.showFiles (lib.getFiles defs)}."
      else if gvariantValues.isArray type then
        gvariantValues.mkValue (mergeElements (map (def: def // { inherit (def.value) value; }) values))
        // {
          inherit type;
        }
      else if isWhole then
        lib.mergeOneOption loc defs
      else if isEqual then
        lib.mergeEqualOption loc defs
      else
        lib.mergeDefaultOption loc defs;
  };
}
