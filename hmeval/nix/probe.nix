# A module that lets a configuration be looked into, also where it fails.
#
# With it the values of the assertions and warnings are empty (Home Manager checks them as soon as anything of a
# configuration is touched), definitions of unknown options are left aside, and the arguments that modules are called
# with can be read from outside, as `_module.args.hmevalArguments`. Definitions are untouched. The modules that are the
# files `without` are left out.
without:
{ lib, ... }@arguments:
let
  emptied = lib.mkOption { apply = _: [ ]; };
in
{
  _file = "hmeval/probe";
  key = "hmeval/probe";
  disabledModules = without;
  options = {
    assertions = emptied;
    warnings = emptied;
  };
  config._module = {
    check = lib.mkForce false;
    args.hmevalArguments = arguments;
  };
}
