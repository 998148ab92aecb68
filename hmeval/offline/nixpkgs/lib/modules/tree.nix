# All modules' declarations and definitions, level by level, become the tree of options.
{ lib, options, ... }:

let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    filter
    isAttrs
    length
    mapAttrs
    removeAttrs
    typeOf
    unsafeGetAttrPos
    zipAttrsWith
    ;
  inherit (lib) isOption mapAttrsToList zipAttrs;
  inherit (lib.modules)
    asSubmoduleDeclaration
    evalOptionValue
    fixupOptionType
    mergeOptionDecls
    pushDownProperties
    throwNestedInOption
    throwNotAnOption
    ;
  inherit (options) showOption;

  # name → where it is declared in one module
  declarationsIn =
    prefix: module:
    if isAttrs module.options then
      mapAttrs (name: options: {
        inherit (module) _file;
        pos = unsafeGetAttrPos name module.options;
        inherit options;
      }) module.options
    else
      throw "An option declaration for `${lib.concatStringsSep "." prefix}' has type `${typeOf module.options}' rather than an attribute set. Did you mean to define this outside of `options'?";

  checkDefinition =
    prefix: def:
    if isAttrs def.config then
      def
    else
      throw "In module `${def.file}', you're trying to define a value of type `${typeOf def.config}' rather than an attribute set for the option `${showOption prefix}'!";

  isSubmodule = decl: decl.options.type.name or null == "submodule";

  # An option tag, or the error that some other tagged value stands in its place.
  isOptionDeclaration =
    loc: decl:
    decl.options ? _type && (decl.options._type == "option" || throwNotAnOption loc decl);

  mergeLevel =
    prefix: declaring: defining:
    let
      declared = zipAttrs (map (declarationsIn prefix) declaring);
      checked = map (checkDefinition prefix) defining;

      # The definitions of a name as its option merges them, and those same split by attribute
      # for the level below; the latter is computed only where there is a level below.
      defined = zipAttrs (
        map (
          def:
          mapAttrs (_: value: {
            inherit (def) file;
            inherit value;
          }) def.config
        ) checked
      );
      definedBelow = zipAttrsWith (_: concatLists) (
        map (
          def:
          mapAttrs (
            _: value:
            map (config: {
              inherit (def) file;
              inherit config;
            }) (pushDownProperties value)
          ) def.config
        ) checked
      );

      optionAt = loc: name: decls: {
        options = evalOptionValue loc (fixupOptionType loc (mergeOptionDecls loc decls)) (
          defined.${name} or [ ]
        );
        strays = [ ];
      };

      levels = mapAttrs (
        name: decls:
        let
          loc = prefix ++ [ name ];
          optionDecls = filter (isOptionDeclaration loc) decls;
        in
        if length optionDecls == length decls then
          optionAt loc name decls
        else if optionDecls == [ ] then
          mergeLevel loc decls (definedBelow.${name} or [ ])
        else if all isSubmodule optionDecls then
          optionAt loc name (map asSubmoduleDeclaration decls)
        else
          throwNestedInOption loc optionDecls (filter (decl: !isOption decl.options) decls)
      ) declared;

      straysBelow = mapAttrs (_: level: level.strays) levels;
      straysHere = removeAttrs defined (attrNames declared);
    in
    {
      options = mapAttrs (_: level: level.options) levels;

      # Without definitions there are no stray ones, and no reason to look at the options.
      strays =
        if defining == [ ] then
          [ ]
        else
          concatLists (
            mapAttrsToList (
              name: map (def: def // { prefix = [ name ] ++ def.prefix or [ ]; })
            ) (straysBelow // straysHere)
          );
    };
in
{
  # { options, strays }: the tree of options with their values, and the definitions without an
  # option, each with the path (`prefix`) at which it stands.
  mergeModules =
    prefix: modules:
    mergeLevel prefix modules (
      concatMap (
        module:
        map (config: {
          file = module._file;
          inherit config;
        }) (pushDownProperties module.config)
      ) modules
    );
}
