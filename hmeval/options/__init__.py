"""The option tree: records, names, search and documents, and how they are had from an evaluated configuration."""
