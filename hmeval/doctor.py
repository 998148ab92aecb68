"""What is in use here, and what is wrong with it: the engine so far."""

from __future__ import annotations

from typing import Any

from hmeval.evaluation.engine import engine

_INTERFACES = {
    "c-api": "by Nix's C API",
    "compat": "by hmeval's compatibility library for Nix 2.8",
}
_CAPABILITIES = {
    "flakes": "evaluates flakes",
    "interrupts": "a running evaluation can be ended",
    "read-only": "writes nothing into the store",
}


def report() -> dict[str, Any]:
    """Everything that the doctor knows, as data: `format_version`, `engine` (see `hmeval.engine`), `findings`.

    Raises EngineError where there is no engine.
    """
    return {"format_version": "1", "engine": engine(), "findings": []}


def described(report: dict[str, Any]) -> list[tuple[str, str]]:
    """A report for people: what each line is about, and what it says."""
    in_use = report["engine"]
    store = in_use["store"]
    where = "the system's" if store == "auto" else f"{store} (its paths differ from those of /nix/store)"
    capable = [text for name, text in _CAPABILITIES.items() if name in in_use["capabilities"]]
    lacking = [text for name, text in _CAPABILITIES.items() if name not in in_use["capabilities"]]
    lines = [
        ("engine", f"Nix {in_use['version']}, {_INTERFACES[in_use['interface']]}"),
        ("store", where),
        ("can", "; ".join(capable)),
        ("cannot", "; ".join(lacking)),
    ]
    return [line for line in lines if line[1]]
