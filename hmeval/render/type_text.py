"""What may be written as an option's value, in lines: where its type's structure says more than its name."""

from __future__ import annotations

from collections.abc import Mapping

from hmeval.render.nix_text import nix_line, show_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TypeInfo = Mapping[str, "Any"]

_MANY = 40


def allowed_values(told: TypeInfo | None) -> list[str]:
    """The members, bounds and patterns in a type, and what stands beside them; nothing where it has none of these."""
    lines = _lines(told or {})
    return lines if len(lines) <= _MANY else [*lines[:_MANY], f"… {len(lines) - _MANY} more"]


def _lines(told: TypeInfo) -> list[str]:
    if "members" in told:
        return [_member(member) for member in told["members"]]
    if "bounds" in told:
        return [_bounds(told["bounds"])]
    if "pattern" in told:
        return [f"a text that matches {told['pattern']} as a whole"]
    if "tags" in told:
        return [f"{{ {show_attribute(tag)} = {_name(inner)}; }}" for tag, inner in told["tags"].items()]
    return _of_elements(told.get("name"), told.get("elements", ()))


def _of_elements(name: Any, elements: Any) -> list[str]:
    inner = [_lines(element) for element in elements]
    if not any(inner):
        return []
    # The other alternatives have their name alone.
    lines = [line for own, element in zip(inner, elements, strict=True) for line in own or [_name(element)]]
    if name == "nullOr":
        return ["null", *lines]
    return lines if name in ("either", "unique", "coercedTo") else [f"each element: {line}" for line in lines]


def _name(told: TypeInfo) -> str:
    """What it is called, or what it is made of, as it is written in Nix: `listOf (nullOr int)`."""
    if "description" in told:
        return str(told["description"])
    inner = [_name(element) for element in told.get("elements", ())]
    return " ".join([str(told.get("name")), *(f"({name})" if " " in name else name for name in inner)])


def _member(member: Any) -> str:
    """A member that JSON has no form for is written as Nix text."""
    return str(member["nix"]) if isinstance(member, Mapping) and set(member) == {"nix"} else nix_line(member)


def _bounds(bounds: Mapping[str, Any]) -> str:
    if "above" in bounds:
        return f"more than {bounds['above']}"
    if "maximum" in bounds:
        return f"{bounds['minimum']} to {bounds['maximum']}"
    return f"at least {bounds['minimum']}"
