"""Nix literals for strings and paths, safe for whatever they hold."""

from __future__ import annotations


def string_literal(text: str) -> str:
    """A Nix string literal; the parser would turn a bare carriage return into a line feed."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\r", "\\r")
    return f'"{escaped}"'


def path_literal(path: str) -> str:
    """A Nix expression for an absolute path, whatever characters it holds. Raises ValueError for a relative one."""
    if not path.startswith("/"):
        raise ValueError(f"a Nix path is absolute, and {path!r} is not")
    return f"(/. + {string_literal(path)})"
