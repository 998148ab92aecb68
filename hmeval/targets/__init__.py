"""What to evaluate: a Home Manager module with its library, a configuration of a flake, a system or a home inside it.

Nothing here evaluates anything: these modules check what was asked for, and write the Nix expression for it.
"""
