# Tracing: each function prints on standard error and returns its last argument.
{ lib }:

let
  inherit (builtins) deepSeq trace;
  inherit (lib) id;
in
rec {
  traceIf = condition: message: value: if condition then trace message value else value;
  traceValFn = f: value: trace (f value) value;
  traceVal = traceValFn id;
  traceSeq = message: value: trace (deepSeq message message) value;
  traceValSeqFn = f: value: traceValFn f (deepSeq value value);
  traceValSeq = traceValSeqFn id;
  traceSeqN =
    depth: message: value:
    let
      shorten = lib.generators.withRecursion {
        depthLimit = depth;
        throwOnDepthLimit = false;
      };
    in
    trace (lib.generators.toPretty { } (shorten message)) value;
  traceValSeqN = traceValSeqNFn id;
  traceValSeqNFn =
    f: depth: value:
    traceSeqN depth (f value) value;
  traceFnSeqN =
    depth: name: f: value:
    let
      result = f value;
    in
    traceSeqN depth {
      fn = name;
      from = value;
      to = result;
    } result;

  # The failing tests of a set of { expr, expected } pairs.
  runTests =
    tests:
    lib.concatMap (
      name:
      let
        test = tests.${name};
      in
      lib.optional (test.expr != test.expected) {
        inherit name;
        inherit (test) expected;
        result = test.expr;
      }
    ) (builtins.attrNames tests);
}
