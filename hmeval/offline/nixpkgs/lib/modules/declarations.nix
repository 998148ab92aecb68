# An option may be declared in several modules, as long as they agree.
{
  lib,
  options,
  types,
}:

let
  inherit (builtins) foldl' head;
  inherit (options) showFiles showOption;

  alreadyDeclared =
    loc: merged: decl:
    throw "The option `${showOption loc}' in `${decl._file}' is already declared in ${showFiles merged.declarations}.";

  # What only one declaration may say.
  exclusive = [
    "default"
    "example"
    "description"
    "apply"
  ];

  mergedType =
    loc: merged: decl:
    let
      type = merged.type.typeMerge decl.options.type.functor;
    in
    if !(merged ? type && decl.options ? type) then
      { }
    else if type == null then
      alreadyDeclared loc merged decl
    else
      { inherit type; };

  positionOf =
    decl:
    if decl.pos or null != null then
      decl.pos
    else
      {
        file = decl._file;
        line = null;
        column = null;
      };

  addDeclaration =
    loc: merged: decl:
    let
      declared = decl.options;
      subModules = declared.type.getSubModules or null;
    in
    if builtins.any (name: declared ? ${name} && merged ? ${name}) exclusive then
      alreadyDeclared loc merged decl
    else
      declared
      // merged
      // {
        declarations = merged.declarations ++ [ decl._file ];
        declarationPositions = merged.declarationPositions ++ [ (positionOf decl) ];
        # Kept apart from the type, so that errors in a submodule name the file of its declaration.
        options =
          lib.optionals (subModules != null) (map (lib.setDefaultModuleLocation decl._file) subModules)
          ++ merged.options;
      }
      // mergedType loc merged decl;
in
{
  mergeOptionDecls =
    loc:
    foldl' (addDeclaration loc) {
      inherit loc;
      declarations = [ ];
      declarationPositions = [ ];
      options = [ ];
    };

  fixupOptionType =
    _: opt:
    if opt.type.getSubModules or null == null then
      opt // { type = opt.type or types.unspecified; }
    else
      opt
      // {
        type = opt.type.substSubModules opt.options;
        options = [ ];
      };

  # A set of options declared where another module declares one option of type submodule: the set
  # becomes a submodule too. The null leaves the choice of shorthand to that other declaration.
  asSubmoduleDeclaration =
    decl:
    if lib.isOption decl.options then
      decl
    else
      decl
      // {
        options = lib.mkOption {
          type = types.submoduleWith {
            modules = [ { inherit (decl) options; } ];
            shorthandOnlyDefinesConfig = null;
          };
        };
      };

  throwNotAnOption =
    loc: decl:
    throw (
      "In module ${decl._file}: expected an option declaration at option path `${showOption loc}` but got an attribute set with type ${decl.options._type}"
      + lib.optionalString (
        decl.options._type == "option-type"
      ) "\n\nA type is declared through an option: `mkOption { type = …; }`."
    );

  throwNestedInOption =
    loc: optionDecls: otherDecls:
    let
      declared = (head optionDecls).options;
      below = builtins.concatMap (
        decl:
        map (name: " - option(s) with prefix `${showOption (loc ++ [ name ])}' in module `${decl._file}'") (
          builtins.attrNames decl.options
        )
      ) otherDecls;
    in
    throw ''
      The option `${showOption loc}' in module `${(head optionDecls)._file}' would be a parent of the following options, but its type `${
        declared.type.description or "<no description>"
      }' does not support nested options.
      ${lib.concatStringsSep "\n" below}'';
}
