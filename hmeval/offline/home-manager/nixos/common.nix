# Home Manager as a part of NixOS or nix-darwin: what the two have in common.
{
  config,
  lib,
  pkgs,
  _class,
  ...
}:

let
  inherit (lib)
    mapAttrsToList
    mkIf
    mkOption
    types
    ;

  cfg = config.home-manager;
  hmLib = import ../modules/lib/stdlib-extended.nix lib;

  switch =
    description:
    mkOption {
      type = types.bool;
      default = false;
      example = true;
      inherit description;
    };

  # What the system knows of the user anyway.
  fromSystem =
    { name, options, ... }:
    let
      account = config.users.users.${name};
      uid = builtins.tryEval account.uid;
    in
    {
      imports =
        import ../modules/modules.nix {
          inherit pkgs;
          inherit (cfg) minimal;
          lib = hmLib;
          useNixpkgsModule = !cfg.useGlobalPkgs;
        }
        ++ cfg.sharedModules;

      config = {
        submoduleSupport = {
          enable = true;
          externalPackageInstall = cfg.useUserPackages;
        };
        home = {
          username = account.name;
          homeDirectory = account.home;
          uid = mkIf (uid.success && uid.value != null) uid.value;
        };
        nix = {
          enable = mkIf (options.nix.enable.visible or true) config.nix.enable;
          package = mkIf config.nix.enable config.nix.package;
        };
      };
    };

  user = types.submoduleWith {
    description = "Home Manager module";
    class = "homeManager";
    modules = [ fromSystem ];
    specialArgs = {
      lib = hmLib;
      osConfig = config;
      osClass = _class;
      modulesPath = toString ../modules;
    }
    // cfg.extraSpecialArgs;
  };

  ofUsers = f: lib.flatten (mapAttrsToList f cfg.users);
in
{
  options.home-manager = {
    users = mkOption {
      type = types.attrsOf user;
      default = { };
      visible = "shallow";
      description = "The Home Manager configuration of each user.";
    };
    useGlobalPkgs = switch "Whether the users' modules get the system's `pkgs`; the users' {option}`nixpkgs.*` are void then.";
    useUserPackages = switch "Whether the users' packages are installed by way of {option}`users.users.<name>.packages`.";
    sharedModules = mkOption {
      type = types.listOf types.raw;
      default = [ ];
      example = lib.literalExpression "[ { xdg.enable = true; } ]";
      description = "Modules for all users.";
    };
    extraSpecialArgs = mkOption {
      type = types.attrs;
      default = { };
      example = lib.literalExpression "{ inherit inputs; }";
      description = "Further arguments for the users' modules.";
    };
    minimal = switch "Whether to leave out the modules that no configuration needs.";
    verbose = switch "Whether activation says what it does.";
    backupFileExtension = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "backup";
      description = "What activation appends to the names of files that are in its way; `null` to fail instead.";
    };
    backupCommand = mkOption {
      type = types.nullOr (types.either types.str types.path);
      default = null;
      description = "What activation runs for each file that is in its way.";
    };
    overwriteBackup = switch "Whether a backup may take the place of an older one.";
    enableLegacyProfileManagement = switch "Whether activation keeps a profile of its own for each user.";
  };

  config = lib.mkMerge [
    (mkIf (cfg.useUserPackages && cfg.users != { }) {
      users.users = lib.mapAttrs (_: home: { packages = [ home.home.path ]; }) cfg.users;
      environment.pathsToLink = [ "/etc/profile.d" ];
    })
    (mkIf (cfg.users != { }) {
      warnings = ofUsers (name: home: map (warning: "${name} profile: ${warning}") home.warnings);
      assertions = ofUsers (
        name: home:
        map (each: {
          inherit (each) assertion;
          message = "${name} profile: ${each.message}";
        }) home.assertions
      );
    })
  ];
}
