"""The evaluator: Nix in this process, behind one thread per evaluation state."""
