# What rules on an installation go by (hmeval/diagnosis/home.py), as plain data; each field is evaluated by itself.
{
  # What Home Manager's modules/default.nix returns, or the same of a user inside a system.
  home,
  # The evaluated system that the home is in, and the user's name there; null for a home of its own.
  host,
  user,
}:
let
  inherit (builtins)
    attrNames
    filter
    head
    map
    ;

  defined = option: map ({ file, value }: { inherit file value; }) option.definitionsWithLocations;
  files = option: if option.value == null then [ ] else map (definition: definition.file) option.definitionsWithLocations;

  settings = host.config.home-manager;

  # Which of the system's settings of nixpkgs are the user's own doing: nixpkgs' defaults count 1500.
  isSet = name: host.options.nixpkgs ? ${name} && host.options.nixpkgs.${name}.highestPrio < 1500;
in
{
  storeDirectory = builtins.storeDir;
  packages = toString home.pkgs.path;
  homeManagerRelease = home.config.home.version.release;
  nixpkgsRelease = home.pkgs.lib.trivial.release;
  checksReleases = home.config.home.enableNixpkgsReleaseCheck;
  homeManager = toString (head home.options.home.stateVersion.declarations);
  stateVersions = defined home.options.home.stateVersion;
  homeDirectory = home.config.home.homeDirectory;
  assertions = map (each: each.message) (filter (each: !each.assertion) home.config.assertions);
  warnings = home.config.warnings;
}
// (
  if host == null then
    { }
  else
    {
      inherit (settings)
        backupFileExtension
        enableLegacyProfileManagement
        overwriteBackup
        useGlobalPkgs
        useUserPackages
        ;
      hasBackupCommand = settings.backupCommand or null != null;
      systemPackages = toString host._module.args.pkgs.path;
      account = if host.config.users.users ? ${user} then host.config.users.users.${user}.home else false;
      accounts = attrNames host.config.users.users;
      # What useGlobalPkgs makes void (modules/misc/nixpkgs-disabled.nix): the files that define it nevertheless.
      voidConfig = files home.options.nixpkgs.config;
      voidOverlays = files home.options.nixpkgs.overlays;
      systemNixpkgs = filter isSet [
        "config"
        "overlays"
      ];
    }
)
