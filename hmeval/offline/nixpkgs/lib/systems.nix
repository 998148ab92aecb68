# Platforms, as far as modules ask about them.
{ lib }:

let
  kernels = {
    linux = "Linux";
    darwin = "Darwin";
  };
in
rec {
  flakeExposed = [
    "x86_64-linux"
    "aarch64-linux"
    "x86_64-darwin"
    "aarch64-darwin"
  ];
  doubles.all = flakeExposed;

  # "x86_64-linux" or { system = …; } → the platform that `stdenv.hostPlatform` is.
  elaborate =
    given:
    let
      system = given.system or given;
      parts = lib.splitString "-" system;
      cpu = builtins.head parts;
      kernel = lib.last parts;
    in
    {
      inherit system;
      config =
        if kernel == "darwin" then "${cpu}-apple-darwin" else "${cpu}-unknown-${kernel}-gnu";
      parsed = {
        cpu.name = cpu;
        kernel.name = kernel;
      };
      uname = {
        system = kernels.${kernel} or kernel;
        processor = cpu;
      };
      isLinux = kernel == "linux";
      isDarwin = kernel == "darwin";
      isUnix = true;
      isBSD = lib.hasSuffix "bsd" kernel;
      isx86_64 = cpu == "x86_64";
      isx86_32 = cpu == "i686";
      isx86 = cpu == "x86_64" || cpu == "i686";
      isAarch64 = cpu == "aarch64";
      isAarch32 = lib.hasPrefix "armv" cpu;
      is64bit = lib.hasSuffix "64" cpu;
      is32bit = !(lib.hasSuffix "64" cpu);
      isMusl = false;
      isGnu = kernel == "linux";
      isStatic = false;
      canExecute = other: other.system == system;
      extensions = {
        sharedLibrary = if kernel == "darwin" then ".dylib" else ".so";
        executable = "";
      };
    };
}
