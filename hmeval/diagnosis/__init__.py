"""What can be wrong with an installation of Home Manager: rules over plain data, nothing here evaluates anything."""
