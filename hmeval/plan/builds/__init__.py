"""What the builds of small derivations write, found without running them."""
