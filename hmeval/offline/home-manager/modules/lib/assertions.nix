# Assertions that several modules make.
{ lib }:

{
  assertPlatform = module: pkgs: platforms: {
    assertion = builtins.elem pkgs.stdenv.hostPlatform.system platforms;
    message = "${module} is not available on ${pkgs.stdenv.hostPlatform.system}, only on:\n${
      lib.concatMapStringsSep "\n" (platform: "  - ${platform}") (lib.naturalSort platforms)
    }";
  };
}
