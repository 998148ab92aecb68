# What packages say of themselves.
{ lib }:

rec {
  addMetaAttrs = new: drv: drv // { meta = drv.meta or { } // new; };
  setName = name: drv: drv // { inherit name; };
  updateName = f: drv: drv // { name = f drv.name; };
  appendToName =
    suffix:
    updateName (
      name:
      let
        parsed = builtins.parseDrvName name;
      in
      "${parsed.name}-${suffix}-${parsed.version}"
    );
  setPrio = priority: addMetaAttrs { inherit priority; };
  lowPrio = setPrio 10;
  hiPrio = setPrio (-10);
  lowPrioSet = lib.mapAttrs (_: lowPrio);
  hiPrioSet = lib.mapAttrs (_: hiPrio);
  dontDistribute = addMetaAttrs { hydraPlatforms = [ ]; };
  availableOn =
    platform: package:
    builtins.elem platform.system (package.meta.platforms or [ platform.system ]);
  getLicenseFromSpdxId =
    id:
    lib.findFirst (license: license.spdxId or null == id)
      (throw "lib.getLicenseFromSpdxId: no license has the SPDX id `${id}'")
      (builtins.attrValues lib.licenses);

  getExe =
    package:
    getExe' package (
      package.meta.mainProgram or (lib.warn
        "getExe: ${lib.getName package} has no meta.mainProgram; its name is taken for that of its program."
        (lib.getName package)
      )
    );
  getExe' =
    package: program:
    assert lib.assertMsg (lib.isDerivation package)
      "lib.meta.getExe': a ${builtins.typeOf package} in place of a package";
    assert lib.assertMsg (
      builtins.isString program && !(lib.hasInfix "/" program)
    ) "lib.meta.getExe': `${toString program}' is not the mere name of a program";
    "${lib.getBin package}/bin/${program}";
}
