"""The cache: what an evaluation gave, for as long as everything that it read is unchanged."""
