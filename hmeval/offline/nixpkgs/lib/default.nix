# The part of nixpkgs' `lib` that modules use, written for hmeval: names, arguments and
# results follow the documented library, so that a module cannot tell the two apart.
let
  # Every file is called with the finished `lib`, as nixpkgs does: `lib.extend` can then
  # replace one function and have the others use the replacement.
  overlay = lib: {
    trivial = import ./trivial.nix { inherit lib; };
    fixedPoints = import ./fixed-points.nix { inherit lib; };
    debug = import ./debug.nix { inherit lib; };
    lists = import ./lists.nix { inherit lib; };
    attrsets = import ./attrsets.nix { inherit lib; };
    strings = import ./strings.nix { inherit lib; } // import ./escapes.nix { inherit lib; };
    stringsWithDeps = import ./strings-with-deps.nix { inherit lib; };
    path = import ./path.nix { inherit lib; };
    filesystem = import ./filesystem.nix { inherit lib; };
    derivations = import ./derivations.nix { inherit lib; };
    customisation = import ./customisation.nix { inherit lib; };
    meta = import ./meta.nix { inherit lib; };
    versions = import ./versions.nix { inherit lib; };
    cli = import ./cli.nix { inherit lib; };
    generators = import ./generators.nix { inherit lib; };
    gvariant = import ./gvariant.nix { inherit lib; };
    options = import ./options.nix { inherit lib; };
    modules = import ./modules { inherit lib; };
    types = import ./types { inherit lib; };
    systems = import ./systems.nix { inherit lib; };
    sources = import ./sources.nix { inherit lib; };
    platforms = import ./platforms.nix { inherit lib; };
    licenses = import ./licenses.nix;
    maintainers = import ./maintainers.nix;
    teams = { };
    asserts = {
      inherit (lib.trivial) assertMsg assertOneOf assertEachOneOf;
    };

    inherit (lib.trivial)
      add
      and
      assertMsg
      assertOneOf
      bitAnd
      bitNot
      bitOr
      bitXor
      boolToString
      boolToYesNo
      checkListOfEnum
      compare
      concat
      const
      deepSeq
      defaultTo
      flip
      fromHexString
      functionArgs
      genericClosure
      id
      importJSON
      importTOML
      inNixShell
      inPureEvalMode
      info
      isFloat
      isFunction
      isInOldestRelease
      isInt
      lessThan
      mapNullable
      max
      mergeAttrs
      min
      mirrorFunctionArgs
      mod
      mul
      nixpkgsVersion
      oldestSupportedReleaseIsAtLeast
      or
      pathExists
      pipe
      readFile
      seq
      setFunctionArgs
      splitByAndCompare
      sub
      throwIf
      throwIfNot
      toBaseDigits
      toFunction
      toHexString
      trace
      version
      warn
      warnIf
      warnIfNot
      xor
      ;
    inherit (lib.fixedPoints)
      composeExtensions
      composeManyExtensions
      converge
      extends
      fix
      fix'
      makeExtensible
      makeExtensibleWithCustomName
      toExtension
      ;
    inherit (lib.debug)
      runTests
      traceFnSeqN
      traceIf
      traceSeq
      traceSeqN
      traceVal
      traceValFn
      traceValSeq
      traceValSeqFn
      traceValSeqN
      traceValSeqNFn
      ;
    inherit (lib.lists)
      all
      allUnique
      any
      compareLists
      concatAttrValues
      concatLists
      concatMap
      count
      crossLists
      drop
      dropEnd
      elem
      elemAt
      filter
      findFirst
      findSingle
      flatten
      fold
      foldl
      foldl'
      foldr
      forEach
      genList
      groupBy
      groupBy'
      head
      ifilter0
      imap0
      imap1
      init
      intersectLists
      isList
      last
      length
      listDfs
      map
      mutuallyExclusive
      naturalSort
      optional
      optionals
      partition
      range
      remove
      replaceElemAt
      replicate
      reverseList
      singleton
      sort
      sortOn
      sublist
      subtractLists
      tail
      take
      takeEnd
      toList
      toposort
      unique
      uniqueStrings
      zipLists
      zipListsWith
      ;
    inherit (lib.attrsets)
      attrByPath
      attrNames
      attrVals
      attrValues
      attrsToList
      cartesianProduct
      catAttrs
      chooseDevOutputs
      collect
      concatMapAttrs
      dontRecurseIntoAttrs
      filterAttrs
      filterAttrsRecursive
      foldAttrs
      foldlAttrs
      genAttrs
      genAttrs'
      getAttr
      getAttrFromPath
      getAttrs
      getBin
      getDev
      getInclude
      getLib
      getMan
      getOutput
      getStatic
      hasAttr
      hasAttrByPath
      intersectAttrs
      isAttrs
      isDerivation
      listToAttrs
      mapAttrs
      mapAttrs'
      mapAttrsRecursive
      mapAttrsRecursiveCond
      mapAttrsToList
      mapAttrsToListRecursive
      mapAttrsToListRecursiveCond
      matchAttrs
      mergeAttrsList
      nameValuePair
      optionalAttrs
      overrideExisting
      recurseIntoAttrs
      recursiveUpdate
      recursiveUpdateUntil
      removeAttrs
      setAttrByPath
      showAttrPath
      toDerivation
      updateManyAttrsByPath
      zipAttrs
      zipAttrsWith
      zipAttrsWithNames
      ;
    inherit (lib.strings)
      addContextFrom
      cmakeBool
      cmakeFeature
      cmakeOptionType
      compareVersions
      concatImapStrings
      concatImapStringsSep
      concatLines
      concatMapAttrsStringSep
      concatMapStrings
      concatMapStringsSep
      concatStrings
      concatStringsSep
      enableFeature
      enableFeatureAs
      escape
      escapeRegex
      escapeShellArg
      escapeShellArgs
      escapeURL
      escapeXML
      fileContents
      fixedWidthNumber
      fixedWidthString
      fromJSON
      getContext
      getName
      getVersion
      hasContext
      hasInfix
      hasPrefix
      hasSuffix
      intersperse
      isPath
      isStorePath
      isString
      isStringLike
      isValidPosixName
      join
      lowerChars
      makeBinPath
      makeIncludePath
      makeLibraryPath
      makeSearchPath
      makeSearchPathOutput
      match
      mesonBool
      mesonEnable
      mesonOption
      nameFromURL
      optionalString
      parseDrvName
      removePrefix
      removeSuffix
      replaceString
      replaceStrings
      split
      splitString
      splitStringBy
      stringAsChars
      stringLength
      stringToCharacters
      substring
      toCamelCase
      toInt
      toIntBase10
      toJSON
      toLower
      toSentenceCase
      toShellVar
      toShellVars
      toUpper
      trim
      trimWith
      typeOf
      unsafeDiscardStringContext
      upperChars
      versionAtLeast
      versionOlder
      withFeature
      withFeatureAs
      ;
    inherit (lib.stringsWithDeps)
      fullDepEntry
      noDepEntry
      packEntry
      stringAfter
      textClosureList
      textClosureMap
      ;
    inherit (lib.filesystem)
      pathIsDirectory
      pathIsRegularFile
      pathType
      ;
    inherit (lib.derivations)
      lazyDerivation
      optionalDrvAttr
      ;
    inherit (lib.customisation)
      callPackageWith
      callPackagesWith
      extendDerivation
      hydraJob
      makeOverridable
      makeScope
      overrideDerivation
      ;
    inherit (lib.meta)
      addMetaAttrs
      appendToName
      dontDistribute
      getExe
      getExe'
      getLicenseFromSpdxId
      hiPrio
      hiPrioSet
      lowPrio
      lowPrioSet
      setName
      setPrio
      updateName
      ;
    inherit (lib.options)
      getFiles
      getValues
      isOption
      literalExpression
      literalMD
      mergeDefaultOption
      mergeEqualOption
      mergeOneOption
      mergeUniqueOption
      mkEnableOption
      mkOption
      mkPackageOption
      mkSinkUndeclaredOptions
      optionAttrSetToDocList
      optionAttrSetToDocList'
      scrubOptionValue
      showFiles
      showOption
      showOptionWithDefLocs
      unknownModule
      ;
    inherit (lib.modules)
      doRename
      evalModules
      evalOptionValue
      fixMergeModules
      fixupOptionType
      mergeDefinitions
      mergeOptionDecls
      mkAfter
      mkAliasAndWrapDefinitions
      mkAliasDefinitions
      mkAliasOptionModule
      mkAliasOptionModuleMD
      mkAssert
      mkBefore
      mkChangedOptionModule
      mkDefault
      mkDefinition
      mkDerivedConfig
      mkFixStrictness
      mkForce
      mkIf
      mkImageMediaOverride
      mkMerge
      mkMergedOptionModule
      mkOptionDefault
      mkOrder
      mkOverride
      mkRemovedOptionModule
      mkRenamedOptionModule
      mkRenamedOptionModuleWith
      mkVMOverride
      setDefaultModuleLocation
      sortProperties
      ;
    inherit (lib.types)
      defaultFunctor
      defaultTypeMerge
      isOptionType
      isType
      mkOptionType
      setType
      ;
    inherit (lib.versions)
      splitVersion
      ;
    inherit (lib.sources)
      cleanSource
      cleanSourceFilter
      cleanSourceWith
      commitIdFromGitRepo
      pathIsGitRepo
      sourceFilesBySuffices
      ;
    inherit (lib.generators)
      mkLuaInline
      ;
    inherit (builtins)
      addErrorContext
      baseNameOf
      ceil
      dirOf
      div
      floor
      fromTOML
      hashFile
      hashString
      isBool
      placeholder
      readDir
      toFile
      toString
      toXML
      tryEval
      unsafeGetAttrPos
      ;
  };
in
(import ./fixed-points.nix { lib = { }; }).makeExtensible overlay
