"""What to evaluate: a Home Manager module with its library, or a configuration of a flake.

Nothing here evaluates anything: these modules check what was asked for, and write the Nix expression for it.
"""
