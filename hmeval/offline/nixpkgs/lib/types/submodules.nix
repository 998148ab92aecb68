# Types whose values are configurations, or modules for one.
{ lib, base }:

let
  inherit (builtins) attrNames intersectAttrs isAttrs;
  inherit (lib) isFunction optionalAttrs toList;
  inherit (lib.options) showOption;
  inherit (base)
    coherentCheck
    defaultFunctor
    definitionErrors
    mergeWithMeta
    mkOptionType
    optionDescriptionPhrase
    ;

  isModule = x: isAttrs x || isFunction x || lib.types.path.check x;

  # Documentation wants the declarations, and takes definitions that belong to none.
  uncheckedForDocumentation = {
    _file = "<documentation of a submodule>";
    config._module.check = lib.mkForce false;
  };

  # Two declarations agree on a setting if one of them leaves it open.
  agree =
    what: a: b:
    if a == null then
      b
    else if b == null || a == b then
      a
    else
      throw "Two declarations of a submodule have each a `${what}' of their own";

  mergePayloads =
    a: b:
    let
      shared = intersectAttrs a.specialArgs b.specialArgs;
      agreeOn = what: agree what (a.${what} or null) (b.${what} or null);
    in
    {
      modules = a.modules ++ b.modules;
      class = agreeOn "class";
      shorthandOnlyDefinesConfig = agreeOn "shorthandOnlyDefinesConfig";
      description = agreeOn "description";
      specialArgs =
        if shared == { } then
          a.specialArgs // b.specialArgs
        else
          throw "Two declarations of a submodule have the same specialArgs: ${toString (attrNames shared)}";
    };
in
rec {
  submodule =
    modules:
    submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = toList modules;
    };

  submoduleWith =
    arguments@{
      modules,
      specialArgs ? { },
      # Whether a set given as the value is configuration through and through, or a module.
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      class ? null,
    }:
    let
      base = lib.evalModules {
        inherit class specialArgs;
        modules = [
          # Outside of any real instance: the name that documentation shows.
          { _module.args.name = lib.mkOptionDefault "‹name›"; }
        ]
        ++ modules;
      };
      inherit (base._module) freeformType;
      documented = prefix: base.extendModules ({ modules = [ uncheckedForDocumentation ]; } // prefix);

      asModule =
        def:
        if isAttrs def.value && shorthandOnlyDefinesConfig then
          {
            _file = def.file;
            config = def.value;
          }
        else
          lib.setDefaultModuleLocation def.file def.value;
    in
    mkOptionType {
      name = "submodule";
      description =
        let
          freeform = (documented { })._module.freeformType;
        in
        if description != null then
          description
        else if freeform ? description then
          "open submodule of ${
            optionDescriptionPhrase (class: class == "noun" || class == "composite") freeform
          }"
        else
          "submodule";
      check = coherentCheck isModule;
      merge = mergeWithMeta (
        { loc, defs }:
        let
          configuration = base.extendModules {
            prefix = loc;
            modules = [ { _module.args.name = lib.last loc; } ] ++ map asModule defs;
          };
        in
        {
          headError = definitionErrors isModule defs;
          value = configuration.config;
          valueMeta = { inherit configuration; };
        }
      );
      emptyValue.value = base.config;
      getSubOptions =
        prefix:
        let
          evaluated = documented { inherit prefix; };
          freeform = evaluated._module.freeformType;
        in
        evaluated.options
        # A name that no option has; readers go by each option's `loc`.
        // optionalAttrs (freeform != null) { _freeformOptions = freeform.getSubOptions prefix; };
      getSubModules = modules;
      substSubModules = replaced: submoduleWith (arguments // { modules = replaced; });
      nestedTypes = optionalAttrs (freeformType != null) { inherit freeformType; };
      functor = defaultFunctor "submodule" // {
        type = submoduleWith;
        payload = {
          inherit
            modules
            class
            specialArgs
            shorthandOnlyDefinesConfig
            description
            ;
        };
        binOp = mergePayloads;
      };
    };

  deferredModule = deferredModuleWith { };
  # The value is a module, for the configuration's author to import somewhere.
  deferredModuleWith =
    {
      staticModules ? [ ],
    }:
    mkOptionType {
      name = "deferredModule";
      description = "module";
      descriptionClass = "noun";
      check = isModule;
      merge = loc: defs: {
        imports =
          staticModules
          ++ map (
            def: lib.setDefaultModuleLocation "${def.file}, via option ${showOption loc}" def.value
          ) defs;
      };
      inherit (submoduleWith { modules = staticModules; }) getSubOptions getSubModules;
      substSubModules = staticModules: deferredModuleWith { inherit staticModules; };
      functor = defaultFunctor "deferredModuleWith" // {
        type = deferredModuleWith;
        payload = { inherit staticModules; };
        binOp = a: b: { staticModules = a.staticModules ++ b.staticModules; };
      };
    };
}
