# The type of `home.file` and of the options like it: files by their place below some folder.
{
  homeDirectory,
  lib,
  pkgs,
}:

let
  inherit (lib) mkDefault mkOption types;
in
{
  # name of the option → description of the folder → the folder → type
  fileType =
    option: folderText: folder:
    types.attrsOf (
      types.submodule (
        { name, config, ... }:
        {
          options = {
            enable = mkOption {
              type = types.bool;
              default = true;
              description = "Whether the file is to be there; `false` leaves out a file defined elsewhere.";
            };
            target = mkOption {
              type = types.nonEmptyStr;
              # Relative to the home folder, however it was given.
              apply =
                target:
                lib.removePrefix "${homeDirectory}/" (
                  if lib.hasPrefix "/" target then target else "${folder}/${target}"
                );
              defaultText = lib.literalExpression "name";
              description = "The place of the file below ${folderText}.";
            };
            text = mkOption {
              type = types.nullOr types.lines;
              default = null;
              description = "The file's text; `null` for a file given by [](#opt-${option}._name_.source).";
            };
            source = mkOption {
              type = types.path;
              description = "The file or folder to link to; the text's file if there is a text.";
            };
            executable = mkOption {
              type = types.nullOr types.bool;
              default = null;
              description = "Whether the file can be executed; `null` for as its source can.";
            };
            recursive = mkOption {
              type = types.bool;
              default = false;
              description = ''
                Whether a folder is made of links to each file of the source, so that other files can be
                in it too, and not one link to the source.
              '';
            };
            ignorelinks = mkOption {
              type = types.bool;
              default = false;
              description = "Whether a recursive folder takes links in the source as files, not following them.";
            };
            onChange = mkOption {
              type = types.lines;
              default = "";
              description = "Shell code to run, after the files are linked, when this one has changed.";
            };
            force = mkOption {
              type = types.bool;
              default = false;
              description = "Whether to replace what is in the file's place without asking.";
            };
          };

          config = {
            target = mkDefault name;
            source = lib.mkIf (config.text != null) (
              mkDefault (
                pkgs.writeTextFile {
                  name = lib.hm.strings.storeFileName name;
                  inherit (config) text;
                  executable = config.executable == true;
                }
              )
            );
          };
        }
      )
    );
}
