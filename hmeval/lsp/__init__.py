"""The language server. Pure parts (syntax, option_path, index, completion) know nothing of the protocol's library."""
