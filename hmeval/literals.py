"""Text for Nix: as its bytes, and as literals for strings and paths, safe for whatever they hold."""

from __future__ import annotations


def encoded(string: str) -> bytes:
    """Python text for Nix; raises ValueError where it holds a NUL, which no Nix string can."""
    raw = string.encode("utf-8", "surrogateescape")
    if b"\0" in raw:
        raise ValueError("Nix strings cannot hold NUL characters")
    return raw


def string_literal(text: str) -> str:
    """A Nix string literal; the parser would turn a bare carriage return into a line feed."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\r", "\\r")
    return f'"{escaped}"'


def path_literal(path: str) -> str:
    """A Nix expression for an absolute path, whatever characters it holds. Raises ValueError for a relative one."""
    if not path.startswith("/"):
        raise ValueError(f"a Nix path is absolute, and {path!r} is not")
    return f"(/. + {string_literal(path)})"
