"""What people and programs read: text, tables and JSON, as strings; writing them is the command line's."""
