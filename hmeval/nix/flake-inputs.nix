# What a flake.nix declares, as plain data: its inputs are not fetched, and nothing is checked.
file:
let
  inherit (builtins)
    attrNames
    functionArgs
    isAttrs
    isFunction
    mapAttrs
    removeAttrs
    typeOf
    unsafeGetAttrPos
    ;

  flake = import file;

  describeInputs =
    inputs:
    if !isAttrs inputs then
      typeOf inputs
    else
      mapAttrs (name: input: {
        position = unsafeGetAttrPos name inputs;
        attributes = if isAttrs input then mapAttrs (_: plain) (removeAttrs input [ "inputs" ]) else typeOf input;
        inputs = if isAttrs input then describeInputs (input.inputs or { }) else { };
      }) inputs;

  # Each value with its type, so that a path is told from a string; what an input cannot hold is its type alone.
  plain = value: {
    type = typeOf value;
    value =
      {
        string = value;
        path = toString value;
        bool = value;
        int = value;
      }
      .${typeOf value} or null;
  };
in
if !isAttrs flake then
  { type = typeOf flake; }
else
  {
    type = "set";
    attributes = attrNames flake;
    inputs = describeInputs (flake.inputs or { });
    outputs = typeOf (flake.outputs or null);
    arguments = if isFunction (flake.outputs or null) then attrNames (functionArgs flake.outputs) else [ ];
  }
