# Modules that keep an old option name working, or that say what became of it.
{ lib, options, ... }:

let
  inherit (lib)
    attrByPath
    filter
    getAttrFromPath
    id
    mkIf
    mkMerge
    mkOption
    mkOverride
    optional
    optionalAttrs
    setAttrByPath
    ;
  inherit (options) showFiles showOption;

  # No user's value equals it, so it tells that an option was left alone.
  unset = "_mkMergedOptionModule";
in
rec {
  mkAliasAndWrapDefinitions =
    wrap: option: mkIf option.isDefined (wrap (mkMerge option.definitions));
  mkAliasDefinitions = mkAliasAndWrapDefinitions id;
  mkAliasAndWrapDefsWithPriority =
    wrap: option:
    let
      priority = option.highestPrio or lib.modules.defaultOverridePriority;
    in
    mkIf option.isDefined (wrap (mkMerge (map (mkOverride priority) option.definitions)));
  mkDerivedConfig =
    option: f: mkOverride (option.highestPrio or lib.modules.defaultOverridePriority) (f option.value);

  doRename =
    {
      from,
      to,
      visible,
      warn,
      use,
      withPriority ? true,
      condition ? true,
    }:
    { config, options, ... }:
    let
      fromOption = getAttrFromPath from options;
      toValue = attrByPath to (abort "Renaming error: option `${showOption to}' does not exist.") config;
      toType = (attrByPath to { } options).type or (lib.types.submodule { });
      alias = if withPriority then mkAliasAndWrapDefsWithPriority else mkAliasAndWrapDefinitions;
    in
    {
      options = setAttrByPath from (
        mkOption (
          {
            inherit visible;
            description = "Alias of {option}`${showOption to}`.";
            apply = _: use toValue;
          }
          // optionalAttrs (toType != null) { type = toType; }
        )
      );
      config = mkIf condition (mkMerge [
        (optionalAttrs (options ? warnings) {
          warnings =
            optional (warn && fromOption.isDefined)
              "The option `${showOption from}' defined in ${showFiles fromOption.files} has been renamed to `${showOption to}'.";
        })
        (alias (setAttrByPath to) fromOption)
      ]);
    };

  mkAliasOptionModule =
    from: to:
    doRename {
      inherit from to;
      visible = true;
      warn = false;
      use = id;
    };

  mkAliasOptionModuleMD = mkAliasOptionModule;

  mkRenamedOptionModule =
    from: to:
    doRename {
      inherit from to;
      visible = false;
      warn = true;
      use = builtins.trace "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'.";
    };

  mkRenamedOptionModuleWith =
    {
      from,
      to,
      sinceRelease,
    }:
    let
      warn = lib.oldestSupportedReleaseIsAtLeast sinceRelease;
    in
    doRename {
      inherit from to warn;
      visible = false;
      use = lib.warnIf warn "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'.";
    };

  mkRemovedOptionModule =
    path: instructions:
    { options, ... }:
    let
      option = getAttrFromPath path options;
    in
    {
      options = setAttrByPath path (mkOption {
        visible = false;
        apply =
          _:
          throw "The option `${showOption path}' can no longer be used since it's been removed. ${instructions}";
      });
      config.assertions = [
        {
          assertion = !option.isDefined;
          message = ''
            The option definition `${showOption path}' in ${showFiles option.files} no longer has any effect; please remove it.
            ${instructions}
          '';
        }
      ];
    };

  mkMergedOptionModule =
    from: to: merge:
    { config, options, ... }:
    let
      set = filter (path: getAttrFromPath path config != unset) from;
      placeholder = mkOption {
        visible = false;
        default = unset;
      };
    in
    {
      options = builtins.foldl' (
        tree: path: lib.recursiveUpdate tree (setAttrByPath path placeholder)
      ) { } from;
      config = {
        warnings = map (
          path:
          "The option `${showOption path}' defined in ${showFiles (getAttrFromPath path options).files} has been changed to `${showOption to}' that has a different type."
        ) set;
      }
      // setAttrByPath to (mkMerge (optional (set != [ ]) (merge config)));
    };

  mkChangedOptionModule = from: mkMergedOptionModule [ from ];
}
