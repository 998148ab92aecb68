"""Nix's own kinds of value, for which Python has no type: they keep their kind when a value becomes Python."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.errors import EvaluationError


class _Kind:
    """Compared, hashed and shown by its fields (dataclasses would add a tenth to the start of the command line)."""

    __slots__: tuple[str, ...] = ()

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._fields() == self._fields() if isinstance(other, _Kind) else False

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._fields()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class NixPath(_Kind):
    """A Nix path: a place in the file system, not a string, and not copied to the store."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path


class Derivation(_Kind):
    """A derivation (an attribute set with `type = "derivation"`): its name and its store paths.

    `out_path` and `drv_path` are paths in the evaluator's store; `drv_path` is None where the set has none.
    """

    __slots__ = ("drv_path", "name", "out_path")

    def __init__(self, name: str, out_path: str, drv_path: str | None) -> None:
        self.name = name
        self.out_path = out_path
        self.drv_path = drv_path

    def __str__(self) -> str:
        return self.out_path


class Function(_Kind):
    """A Nix function or builtin; call it through the `Value` that holds it."""

    __slots__ = ()

    def __str__(self) -> str:
        return "<function>"


class Failed(_Kind):
    """A part of a value that cannot be evaluated; no set of the user's can be mistaken for one.

    `error` is why, `path` where the part is in the value: names of attributes, and numbers of elements. Two are equal
    where they are the same failure: equal errors do not make equal values.
    """

    __slots__ = ("error", "path")

    def __init__(self, path: tuple[str | int, ...], error: EvaluationError) -> None:
        self.path = path
        self.error = error

    def __str__(self) -> str:
        return f"«error: {self.error.message.partition(chr(10))[0]}»"
