# nixpkgs' lib with Home Manager's own functions as `lib.hm`.
lib: lib.extend (final: _: { hm = import ./. { lib = final; }; })
