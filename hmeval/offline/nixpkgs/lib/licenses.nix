# A few licenses by their nixpkgs names.
let
  license = spdxId: fullName: {
    inherit spdxId fullName;
    free = true;
    redistributable = true;
  };
in
{
  asl20 = license "Apache-2.0" "Apache License 2.0";
  bsd2 = license "BSD-2-Clause" "BSD 2-Clause License";
  bsd3 = license "BSD-3-Clause" "BSD 3-Clause License";
  gpl2Only = license "GPL-2.0-only" "GNU General Public License v2.0 only";
  gpl2Plus = license "GPL-2.0-or-later" "GNU General Public License v2.0 or later";
  gpl3Only = license "GPL-3.0-only" "GNU General Public License v3.0 only";
  gpl3Plus = license "GPL-3.0-or-later" "GNU General Public License v3.0 or later";
  isc = license "ISC" "ISC License";
  mit = license "MIT" "MIT License";
  mpl20 = license "MPL-2.0" "Mozilla Public License 2.0";
  vim = license "Vim" "Vim License";
  unfree = {
    fullName = "Unfree";
    free = false;
    redistributable = false;
  };
}
