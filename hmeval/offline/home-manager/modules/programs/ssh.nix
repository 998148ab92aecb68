# ssh.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatStringsSep
    mkDefault
    mkOption
    types
    ;
  cfg = config.programs.ssh;

  isHeader = name: lib.hasPrefix "Host " name || lib.hasPrefix "Match " name;

  block = types.submodule (
    { dagName, ... }:
    {
      freeformType = types.attrsOf types.anything;
      options.header = mkOption {
        type = types.str;
        default = if isHeader dagName then dagName else "Host ${dagName}";
        defaultText = lib.literalMD "The block's name, after `Host ` if it is a mere pattern.";
        description = "The line that begins the block.";
      };
    }
  );

  # Of most directives ssh takes the first line only; these take a list on that line.
  separators =
    lib.genAttrs [
      "Ciphers"
      "HostKeyAlgorithms"
      "IgnoreUnknown"
      "KexAlgorithms"
      "MACs"
      "PreferredAuthentications"
      "ProxyJump"
      "PubkeyAcceptedAlgorithms"
    ] (_: ",")
    // lib.genAttrs [
      "GlobalKnownHostsFile"
      "SendEnv"
      "UserKnownHostsFile"
    ] (_: " ");

  word = value: if builtins.isBool value then lib.hm.booleans.yesNo value else toString value;
  setEnv = lib.concatMapAttrsStringSep " " (
    name: value: "${name}=\"${lib.escape [ "\"" "\\" ] (toString value)}\""
  );
  # The lines of one directive.
  directive =
    indent: name: value:
    let
      lineOf = text: "${indent}${name} ${text}";
    in
    if value == null || value == [ ] || value == { } then
      [ ]
    else if name == "SetEnv" then
      [ (lineOf (setEnv value)) ]
    else if separators ? ${name} then
      [ (lineOf (lib.concatMapStringsSep separators.${name} word (lib.toList value))) ]
    else
      map (item: lineOf (word item)) (lib.toList value);
  directives =
    indent: settings: lib.concatLists (lib.mapAttrsToList (directive indent) settings);
  blockText =
    settings:
    concatStringsSep "\n" (
      [ settings.header ] ++ directives "  " (removeAttrs settings [ "header" ])
    );

  sorted = lib.hm.dag.topoSort (removeAttrs cfg.settings [ "*" ]);
  blocks =
    sorted.result or (abort "Dependency cycle in SSH match blocks: ${builtins.toJSON sorted}");
  general =
    directives "" cfg.extraOptionOverrides
    ++ lib.optional (cfg.includes != [ ]) "Include ${concatStringsSep " " cfg.includes}";
  # The block for all hosts comes last: what ssh finds first counts.
  sections =
    lib.optional (general != [ ]) (concatStringsSep "\n" general)
    ++ map (node: blockText node.data) blocks
    ++ lib.optional (cfg.settings ? "*") (blockText cfg.settings."*".data)
    ++ lib.optional (cfg.extraConfig != "") (
      "  ${lib.replaceString "\n" "\n  " (lib.removeSuffix "\n" cfg.extraConfig)}"
    );
in
{
  options.programs.ssh = {
    enable = lib.mkEnableOption "{file}`~/.ssh/config`";
    package = lib.mkPackageOption pkgs "openssh" {
      nullable = true;
      default = null;
    };
    settings = mkOption {
      type = lib.hm.types.dagOf block;
      default = { };
      example = lib.literalExpression ''
        {
          "git.example.org" = lib.hm.dag.entryBefore [ "*.example.org" ] { User = "git"; };
          "*.example.org".IdentityFile = "~/.ssh/example";
        }
      '';
      description = ''
        Blocks of {manpage}`ssh_config(5)`, by the pattern of hosts that they are for. Their order is
        given with `lib.hm.dag`.
      '';
    };
    enableDefaultConfig = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = "Whether the block for all hosts starts with Home Manager's former defaults.";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Lines at the end of the block for all hosts.";
    };
    extraOptionOverrides = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Directives before all blocks, which win over them.";
    };
    includes = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Patterns of further files to read.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        home.packages = lib.optional (cfg.package != null) cfg.package;
        home.file.".ssh/config".text = lib.optionalString (
          sections != [ ]
        ) "${concatStringsSep "\n\n" sections}\n";
        assertions = [
          {
            assertion = cfg.extraConfig != "" -> cfg.settings ? "*";
            message = "`programs.ssh.extraConfig` belongs to the block `programs.ssh.settings.\"*\"`, which there is not.";
          }
        ];
      }
      (lib.mkIf cfg.enableDefaultConfig {
        warnings = [
          "The default values of `programs.ssh` will go. Set `programs.ssh.enableDefaultConfig` to false, and those to keep in `programs.ssh.settings.\"*\"`."
        ];
        programs.ssh.settings."*" = lib.mapAttrs (_: mkDefault) {
          ForwardAgent = false;
          AddKeysToAgent = "no";
          Compression = false;
          ServerAliveInterval = 0;
          ServerAliveCountMax = 3;
          HashKnownHosts = false;
          UserKnownHostsFile = "~/.ssh/known_hosts";
          ControlMaster = "no";
          ControlPath = "~/.ssh/master-%r@%n:%p";
          ControlPersist = "no";
        };
      })
    ]
  );
}
