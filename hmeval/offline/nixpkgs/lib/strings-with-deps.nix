# Pieces of text that come after other pieces.
{ lib }:

rec {
  fullDepEntry = text: deps: { inherit text deps; };
  noDepEntry = text: fullDepEntry text [ ];
  packEntry = fullDepEntry "";
  stringAfter = deps: text: fullDepEntry text deps;

  textClosureList =
    entries: wanted:
    let
      add =
        state: name:
        if state.seen ? ${name} then
          state
        else
          let
            entry = entries.${name};
            before = builtins.foldl' add (
              state // { seen = state.seen // { ${name} = true; }; }
            ) (entry.deps or [ ]);
          in
          before // { texts = before.texts ++ [ (entry.text or entry) ]; };
    in
    (builtins.foldl' add {
      seen = { };
      texts = [ ];
    } wanted).texts;
  textClosureMap = f: entries: wanted: lib.concatMapStringsSep "\n" f (textClosureList entries wanted);
}
