"""Every error that hmeval raises: one root, few leaves, each of which can say where it happened."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hmeval.positions import Position as Position
    from hmeval.positions import TraceFrame as TraceFrame


def __getattr__(name: str) -> Any:
    if name not in ("Position", "TraceFrame"):
        raise AttributeError(f"module 'hmeval.errors' has no attribute {name!r}")
    from hmeval import positions

    return getattr(positions, name)


class HmevalError(Exception):
    """The root of everything that hmeval raises on purpose."""


class EngineError(HmevalError):
    """The Nix engine is missing, cannot be started, or cannot use its store."""


class TargetError(HmevalError):
    """What to evaluate could not be determined: no such file, flake or configuration."""


class CacheError(HmevalError):
    """The cache was asked for something that it cannot do; a damaged entry is a miss and never raises."""


class PlanError(HmevalError):
    """An activation could not be planned."""


class EvaluationError(HmevalError):
    """Nix could not evaluate an expression.

    Attributes:
        message: what Nix says, without colour codes and without positions.
        kind: throw, assertion, type, missing-attribute, undefined-variable, syntax, infinite-recursion,
            stack-overflow, aborted, interrupted or other.
        position: where the error arose, as near to it as Nix says.
        trace: what was being evaluated, the innermost frame first.
        option: the path of the option that the error concerns, where the message names one.
    """

    def __init__(
        self,
        message: str,
        kind: str = "other",
        position: Position | None = None,
        trace: tuple[TraceFrame, ...] = (),
        option: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.position = position
        self.trace = trace
        self.option = option

    def __str__(self) -> str:
        return f"{self.message}\n  at {self.position}" if self.position else self.message

    def one_line_up(self) -> EvaluationError:
        """The error at its places in an expression that was evaluated below a line of somebody else's."""
        trace = tuple(frame._replace(position=_line_above(frame.position)) for frame in self.trace)
        return EvaluationError(self.message, self.kind, _line_above(self.position), trace, self.option)

    def record(self) -> dict[str, Any]:
        """For JSON: {kind, message, position?}."""
        record: dict[str, Any] = {"kind": self.kind, "message": self.message}
        return record | {"position": self.position._asdict()} if self.position else record


def _line_above(position: Position | None) -> Position | None:
    if position is None or not position.file.startswith("«"):
        return position
    return position._replace(line=max(1, position.line - 1))
