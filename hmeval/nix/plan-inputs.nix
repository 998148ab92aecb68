# Everything of a configuration that its activation depends on, as plain data for hmeval.plan.
#
# Nothing is built. Texts that the configuration holds are handed over; of the rest there is the path that it will have.
{
  config,
  options, # for a specialisation, those of the configuration that it is one of
  pkgs,
  lib,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    getContext
    hasContext
    head
    isAttrs
    isString
    mapAttrs
    unsafeDiscardStringContext
    unsafeGetAttrPos
    ;

  # `toString` of a path is its text: nothing is copied.
  plain = value: unsafeDiscardStringContext (toString value);
  isDerivation = value: isAttrs value && value.type or null == "derivation";

  # -- where things are defined --

  # A name that a function made has the place of that function, somewhere in a library: the file is then all there is.
  positionOf =
    definition: name:
    let
      position = unsafeGetAttrPos name definition.value;
      isThere = position != null && position.file == toString definition.file;
    in
    if isThere || definition.file == "<unknown-file>" && position != null then
      position
    else
      { inherit (definition) file; };

  # option → name → where the name is defined in it
  placesIn =
    option:
    let
      definitions = filter (definition: isAttrs definition.value) (option.definitionsWithLocations or [ ]);
      placed = concatMap (
        definition:
        map (name: {
          inherit name;
          place = mapAttrs (_: unsafeDiscardIfString) (positionOf definition name);
        }) (attrNames definition.value)
      ) definitions;
    in
    mapAttrs (_: map (entry: entry.place)) (builtins.groupBy (entry: entry.name) placed);
  unsafeDiscardIfString = value: if isString value then unsafeDiscardStringContext value else value;

  fileOptions = [
    "cacheFile"
    "configFile"
    "dataFile"
    "stateFile"
  ];

  # target → which option declares it, and where; files of the xdg options come into home.file through Home Manager's own
  # module, and setting them there makes a second file of the same target.
  xdgFiles = builtins.foldl' (all: part: all // part) { } (
    map (
      name:
      let
        places = placesIn options.xdg.${name};
      in
      builtins.listToAttrs (
        map (entry: {
          name = plain config.xdg.${name}.${entry}.target;
          value = {
            option = showPath [
              "xdg"
              name
              entry
            ];
            places = places.${entry} or [ ];
          };
        }) (attrNames (config.xdg.${name} or { }))
      )
    ) (filter (name: options.xdg ? ${name}) fileOptions)
  );
  homePlaces = placesIn options.home.file;
  showPath = path: builtins.concatStringsSep "." (map lib.strings.escapeNixIdentifier path);

  ownPlaces = filter (place: lib.hasPrefix "${modules}/" (toString place.file or ""));

  # The module of Home Manager's that defines a file, by the option that its own file is named after: programs.git.
  ownerOf =
    places:
    let
      own = ownPlaces places;
      path = lib.splitString "/" (
        lib.removeSuffix ".nix" (
          lib.removeSuffix "/default.nix" (lib.removePrefix "${modules}/" (toString (head own).file))
        )
      );
    in
    if own != [ ] && lib.hasAttrByPath path options then showPath path else null;

  # -- files --

  # What a source is the output of, where its build may be one that hmeval.plan follows: a package whose phases unpack
  # something is not. `drvAttrs` are what they say they are if `derivation` makes the source's path of them.
  recipeOf =
    source:
    let
      attributes = source.drvAttrs;
      made = derivation attributes;
    in
    if isDerivation source && isAttrs (source.drvAttrs or null) && isFollowed attributes then
      {
        builder = plain attributes.builder;
        arguments = map (argument: unsafeDiscardStringContext (stored argument)) (attributes.args or [ ]);
        structured = if attributes.__structuredAttrs or false then structuredAttributes attributes else null;
        variables = if attributes.__structuredAttrs or false then { } else environment attributes;
        outputs = builtins.listToAttrs (
          map (name: {
            inherit name;
            value = plain made.${name}.outPath;
          }) (attributes.outputs or [ "out" ])
        );
        sources = copiedFrom attributes;
      }
    else
      null;
  isFollowed = attributes: attributes ? buildCommand || (attributes.dontUnpack or false) == true;

  # A value as the environment of a builder has it.
  stored =
    value:
    if builtins.isPath value then
      "${value}"
    else if builtins.isList value then
      builtins.concatStringsSep " " (map stored value)
    else
      toString value;
  notGiven = [
    "__ignoreNulls"
    "__structuredAttrs"
    "args"
  ];
  environment =
    attributes:
    lib.filterAttrs (_: value: value != "") (
      mapAttrs (_: value: unsafeDiscardStringContext (stored value)) (removeAttrs attributes notGiven)
    );
  structuredAttributes =
    attributes: plain (builtins.toJSON (lib.filterAttrs (_: value: value != null) (removeAttrs attributes notGiven)));

  # Path in the store → the path that it is copied from.
  copiedFrom =
    attributes:
    builtins.listToAttrs (
      map (path: {
        name = unsafeDiscardStringContext "${path}";
        value = toString path;
      }) (filter builtins.isPath (builtins.attrValues (removeAttrs attributes notGiven)))
    );

  # An empty file, made by Nix itself.
  textOf =
    source:
    let
      name = builtins.match "[^-]*-(.*)" (baseNameOf (toString source));
    in
    if isInStore source && name != null && isEmptyFile (head name) source then "" else null;

  isInStore = source: isString source && dirOf source == builtins.storeDir;

  # The path of a file made by builtins.toFile says what is in it, if one guesses right.
  isEmptyFile =
    name: source:
    let
      made = builtins.tryEval (plain (builtins.toFile (unsafeDiscardStringContext name) ""));
    in
    made.success && made.value == plain source;

  derivationOf =
    source:
    let
      derivations = filter (lib.hasSuffix ".drv") (attrNames (getContext (toString source)));
    in
    if isDerivation source then
      plain source.drvPath
    else if isString source && derivations != [ ] then
      head derivations
    else
      null;

  describeFile =
    name: file:
    let
      target = plain file.target;
      xdg = xdgFiles.${target} or null;
      unit = unitFiles.${target}.places or [ ];
      isUnit = isString file.source && (unitFiles.${target}.source or null) == plain file.source;
      first = filter (places: places != [ ]) [
        unit
        (xdg.places or [ ])
        (homePlaces.${name} or [ ])
      ];
    in
    {
      inherit target;
      source = plain file.source;
      store = hasContext (toString file.source);
      text = textOf file.source;
      recipe = if isUnit then unitFiles.${target}.recipe else recipeOf file.source;
      derivation = derivationOf file.source;
      inherit (file) executable recursive force;
      ignoreLinks = file.ignorelinks or false;
      hasHook = file.onChange != "";
      declaredAt = if first == [ ] then [ ] else head first;
      option =
        if xdg != null then
          xdg.option
        else
          showPath [
            "home"
            "file"
            name
          ];
      owner = if first == [ ] then null else ownerOf (head first);
      internal = first != [ ] && ownPlaces (head first) != [ ];
    };
  enabledFiles = lib.filterAttrs (_: file: file.enable) config.home.file;

  # -- units: their files are made here as Home Manager makes them, and taken for theirs if they have the same store path --

  unitKinds = {
    automounts = "automount";
    mounts = "mount";
    paths = "path";
    services = "service";
    slices = "slice";
    sockets = "socket";
    targets = "target";
    timers = "timer";
  };
  configFolder = lib.removePrefix "${config.home.homeDirectory}/" (config.xdg.configHome or "");
  unitText =
    unit:
    lib.generators.toINI {
      listsAsDuplicateKeys = true;
      mkKeyValue =
        key: value: "${key}=${if builtins.isBool value then lib.boolToString value else toString value}";
    } (lib.filterAttrs (_: section: section != { }) (
      mapAttrs (_: lib.filterAttrs (_: value: value != null && value != [ ])) unit
    ));
  unitFile =
    file: unit: definedAt:
    let
      folder = pkgs.writeTextFile {
        name = builtins.replaceStrings [ "@" ":" "\\" "[" "]" ] [ "-" "-" "-" "" "" ] file;
        destination = "/${file}";
        text = unitText unit;
      };
      places = [
        ""
      ]
      ++ map (target: "${target}.wants/") (unit.Install.WantedBy or [ ])
      ++ map (target: "${target}.requires/") (unit.Install.RequiredBy or [ ]);
    in
    map (place: {
      name = "${configFolder}/systemd/user/${place}${file}";
      value = {
        recipe = recipeOf folder;
        source = plain "${folder}/${file}";
        places = definedAt;
      };
    }) places;
  systemd = config.systemd.user or { enable = false; };
  unitFiles = lib.optionalAttrs systemd.enable (
    builtins.listToAttrs (
      concatMap (
        kind:
        let
          places = placesIn options.systemd.user.${kind};
          fileOf =
            name: unitFile "${name}.${unitKinds.${kind}}" systemd.${kind}.${name} (places.${name} or [ ]);
        in
        concatMap fileOf (attrNames systemd.${kind})
      ) (filter (kind: systemd ? ${kind}) (attrNames unitKinds))
    )
  );

  # -- packages --

  # As nixpkgs' buildEnv chooses them: the extra ones also of a package of which one output is asked for.
  outputsOf =
    package:
    let
      wanted = package.meta.outputsToInstall or null;
      usual =
        if package.outputSpecified or false || wanted == null then
          [ package ]
        else
          map (name: package.${name}) wanted;
      extra = filter (name: package.${name} or null != null) config.home.extraOutputsToInstall;
    in
    lib.unique (usual ++ map (name: package.${name}) extra);
  # Store path → the files in which it is added to the packages; an element may be under a condition of its own.
  packageFiles = mapAttrs (_: map (entry: entry.file)) (
    builtins.groupBy (entry: entry.path) (
      concatMap (
        definition:
        map (package: {
          path = plain package;
          file = plain definition.file;
        }) (filter isDerivation definition.value)
      ) (options.home.packages.definitionsWithLocations or [ ])
    )
  );
  describePackage = package: {
    name = plain (package.name or (lib.getName package));
    paths = map plain (outputsOf package);
    priority = package.meta.priority or 5;
    program = package.meta.mainProgram or null;
    definedIn = packageFiles.${plain package} or [ ];
  };

  # -- activation --

  # Home Manager's own modules.
  modules = dirOf (toString (head options.home.activation.declarations));
  activationPlaces = placesIn options.home.activation;
  describeBlock =
    name: block:
    let
      places = activationPlaces.${name} or [ ];
    in
    {
      code = plain block.data;
      inherit (block) after before;
      userDefined = places == [ ] || !(builtins.all (place: lib.hasPrefix "${modules}/" place.file) places);
      declaredAt = places;
    };

  # -- dconf, launchd --

  dconf = config.dconf or { enable = false; };
  gvariant = import (modules + "/lib/gvariant.nix") { inherit lib; };
  dconfKeys =
    settings:
    builtins.listToAttrs (
      concatMap (
        folder:
        map (key: {
          name = "/${folder}/${key}";
          value = plain (gvariant.mkValue settings.${folder}.${key});
        }) (attrNames settings.${folder})
      ) (attrNames settings)
    );
  databases =
    lib.optional (dconf.settings != { }) {
      name = null;
      keys = dconfKeys dconf.settings;
    }
    ++ map (name: {
      inherit name;
      keys = dconfKeys dconf.databases.${name};
    }) (attrNames (dconf.databases or { }));

  darwin = config.targets.darwin or { };
  # Domain → the text of the property list that `defaults import` reads (modules/targets/darwin/user-defaults).
  defaultsOf =
    settings:
    let
      writable = mapAttrs (_: lib.filterAttrs (_: value: value != null)) settings;
      # Without `escape` lib complains; before nixpkgs 25.05 there is none.
      toPlist = lib.generators.toPlist (
        lib.optionalAttrs (builtins.functionArgs lib.generators.toPlist ? escape) { escape = true; }
      );
    in
    mapAttrs (_: keys: plain (toPlist keys)) (lib.filterAttrs (_: keys: keys != { }) writable);

  agents = lib.filterAttrs (_: agent: agent.enable) (config.launchd.agents or { });
  describeAgent =
    agent:
    let
      label = plain agent.config.Label;
    in
    {
      inherit label;
      domain = agent.domain or "gui";
      text = agentTexts."${label}.plist" or null;
    };

  # File name → text of each agent's property list. Nothing but the build command of Home Manager's module refers to
  # them, so the module is called once more, with a pkgs that puts into that command what would be written, a line each.
  agentTexts =
    let
      told = filter (lib.hasPrefix "{\"written\":") (filter isString (builtins.split "\n" (builderCommands launchd)));
      written = map (line: (builtins.fromJSON line).written) told;
    in
    builtins.listToAttrs written;
  launchdFile = modules + "/launchd/default.nix";
  launchd =
    let
      module = if builtins.pathExists launchdFile then import launchdFile else null;
      wanted = if builtins.isFunction module then builtins.functionArgs module else { unknown = false; };
      arguments = {
        inherit config lib options;
        pkgs = pkgs // {
          writeText = name: text: ''

            ${builtins.toJSON { written = mapAttrs (_: plain) { inherit name; value = text; }; }}
          '';
          runCommand =
            _: _: command:
            command;
        };
      };
      canBeCalled = builtins.all (name: wanted.${name} || arguments ? ${name}) (attrNames wanted);
    in
    if canBeCalled then (module (builtins.intersectAttrs wanted arguments)).config or { } else { };
  # What a module defines of home.extraBuilderCommands, in lib.mkMerge and lib.mkIf, too.
  builderCommands =
    definition:
    if definition._type or null == "merge" then
      lib.concatMapStrings builderCommands definition.contents
    else if definition._type or null == "if" then
      lib.optionalString definition.condition (builderCommands definition.content)
    else
      plain (definition.home.extraBuilderCommands or "");
in
{
  username = plain config.home.username;
  homeDirectory = plain config.home.homeDirectory;
  uid = config.home.uid or null;
  storeDirectory = builtins.storeDir;
  homeFiles = plain config.home-files;
  overlap = config.home.fileOverlapResolution or "ignore";
  files = map (name: describeFile name enabledFiles.${name}) (attrNames enabledFiles);
  homePath = plain config.home.path;
  packages = map describePackage config.home.packages;
  activatedByTheSystem = config.submoduleSupport.enable or false;
  packagesByTheSystem = config.submoduleSupport.externalPackageInstall or false;
  sessionVariables =
    let
      package = config.home.sessionVariablesPackage;
    in
    {
      source = plain "${package}/etc/profile.d/hm-session-vars.sh";
      recipe = recipeOf package;
      derivation = derivationOf package;
    };
  unitFolder = if systemd.enable then "${lib.removePrefix "/" configFolder}/systemd/user" else null;
  # In older Home Managers the value is the name of a way: suggest, legacy or sd-switch.
  startServices = !(builtins.elem (systemd.startServices or false) [
    false
    "suggest"
  ]);
  dconf = lib.optionals dconf.enable databases;
  agents = lib.optionals pkgs.stdenv.hostPlatform.isDarwin (map describeAgent (builtins.attrValues agents));
  defaults = {
    user = defaultsOf (darwin.defaults or { });
    host = defaultsOf (darwin.currentHostDefaults or { });
  };
  apps = if darwin.copyApps.enable or false then plain darwin.copyApps.directory else null;
  activation = mapAttrs describeBlock config.home.activation;
  warnings = map plain config.warnings;
}
