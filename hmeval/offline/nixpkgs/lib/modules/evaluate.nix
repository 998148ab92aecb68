# evalModules: from a list of modules to options, their values, and the means to go on from there.
arguments@{
  lib,
  options,
  types,
}:

let
  inherit (builtins)
    addErrorContext
    attrNames
    head
    isAttrs
    length
    mapAttrs
    removeAttrs
    seq
    ;
  inherit (lib) mkOption;
  inherit (options) showDefs showOption;
  inherit (import ./load.nix arguments) collectModules internalKey;
  inherit (import ./tree.nix arguments) mergeModules;

  # The options that steer an evaluation. Each evaluation gets a new instance, so that one which
  # was extended does not see those of its predecessor.
  internalModule =
    {
      prefix,
      specialArgs,
      extendModules,
      moduleType,
    }:
    {
      _file = internalKey;
      key = internalKey;
      options._module = {
        args = mkOption (
          {
            # Lazy, so that an argument is evaluated only by the module that uses it.
            type = types.lazyAttrsOf types.raw;
            description = ''
              Arguments given to every module function, beside `lib`, `config`, `options` and the
              special arguments. They cannot be used to decide on `imports`.
            '';
          }
          # Documented once, at the root.
          // lib.optionalAttrs (prefix != [ ]) { internal = true; }
        );
        check = mkOption {
          type = types.bool;
          internal = true;
          default = true;
          description = "Whether a definition without a declared option is an error.";
        };
        freeformType = mkOption {
          type = types.nullOr types.optionType;
          internal = true;
          default = null;
          description = "The type that merges definitions without a declared option; `null` for none.";
        };
        specialArgs = mkOption {
          readOnly = true;
          internal = true;
          description = "The arguments that the caller gave; these may decide on `imports`.";
        };
      };
      config._module = {
        args = {
          inherit extendModules moduleType;
        };
        inherit specialArgs;
      };
    };

  valuesOf = mapAttrs (_: node: if lib.isOption node then node.value else valuesIfSet node);
  valuesIfSet = node: if isAttrs node then valuesOf node else node;

  # The closest names to a mistyped one; the search in a large set is limited to near misses.
  nearest =
    name: candidates:
    let
      near =
        if length candidates < 100 then
          candidates
        else
          builtins.filter (lib.strings.levenshteinAtMost 2 name) candidates;
    in
    lib.take 3 (lib.sortOn (lib.strings.levenshtein name) near);

  didYouMean =
    parent: names:
    let
      quoted = map (name: "`${showOption (parent ++ [ name ])}'") names;
    in
    if names == [ ] then
      ""
    else if length names == 1 then
      "\n\nDid you mean ${head quoted}?"
    else
      "\n\nDid you mean ${lib.concatStringsSep ", " (lib.init quoted)} or ${lib.last quoted}?";

  throwStray =
    prefix: optionTree: stray:
    let
      parent = lib.init stray.prefix;
      name = showOption (prefix ++ stray.prefix);
      siblings = attrNames (lib.attrByPath parent { } optionTree);
      candidates = if parent == [ ] then lib.remove "_module" siblings else siblings;
      definition = addErrorContext "while evaluating a definition from `${stray.file}'" (showDefs [ stray ]);
      hint =
        if attrNames optionTree != [ "_module" ] then
          ""
        else if prefix == [ ] then
          "\n\nNo option is declared at all: declarations belong into `options', not into `config'."
        else
          "\n\nNo option is declared below `${showOption prefix}': a submodule's declarations belong into its `options'.";
    in
    throw "The option `${name}' does not exist. Definition values:${definition}${
      didYouMean (prefix ++ parent) (nearest (lib.last stray.prefix) candidates)
    }${hint}";

  evalModules =
    evaluation@{
      modules,
      prefix ? [ ],
      specialArgs ? { },
      class ? null,
    }:
    let
      collected = collectModules class (specialArgs.modulesPath or "") (
        modules
        ++ [
          (internalModule {
            inherit prefix specialArgs extendModules;
            moduleType = type;
          })
        ]
      ) moduleArgs;

      moduleArgs = {
        inherit lib specialArgs;
        options = merged.options;
        config = addErrorContext "while evaluating `config`, which cannot be used in `imports`" config;
        _class = class;
        _prefix = prefix;
      }
      // specialArgs;

      # The reverse of the order of import: of equal definitions, the imported module's comes first.
      merged = mergeModules prefix (lib.reverseList collected.modules);

      declared = valuesOf merged.options;
      inherit (declared._module) freeformType;
      freeform = freeformType.merge prefix (
        map (stray: {
          inherit (stray) file;
          value = lib.setAttrByPath stray.prefix stray.value;
        }) merged.strays
      );
      config =
        if freeformType == null || merged.strays == [ ] then
          declared
        else
          # The two share no path: what has an option is no stray.
          lib.recursiveUpdate freeform declared;

      checked = seq (
        if declared._module.check && freeformType == null && merged.strays != [ ] then
          throwStray prefix merged.options (head merged.strays)
        else
          null
      );

      extendModules =
        extension@{
          modules ? [ ],
          specialArgs ? { },
          prefix ? [ ],
        }:
        evalModules (
          evaluation
          // {
            modules = evaluation.modules ++ modules;
            specialArgs = evaluation.specialArgs or { } // specialArgs;
            prefix = extension.prefix or evaluation.prefix or [ ];
          }
        );

      type = types.submoduleWith { inherit modules specialArgs class; };
    in
    {
      _type = "configuration";
      options = checked merged.options;
      config = checked (removeAttrs config [ "_module" ]);
      _module = checked config._module;
      inherit (collected) graph;
      inherit extendModules type class;
    };
in
{
  inherit evalModules;

  fixMergeModules =
    modules: args:
    evalModules {
      modules = modules ++ [
        {
          _module = {
            inherit args;
            check = false;
          };
        }
      ];
    };
}
