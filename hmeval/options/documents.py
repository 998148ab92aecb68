"""Options as documents: the ecosystem's options.json and its list, Markdown, and hmeval's own JSON.

Shapes of the ecosystem: `optionAttrSetToDocList` in nixpkgs lib/options.nix, and `nixosOptionsDoc` in nixpkgs
nixos/lib/make-options-doc, whose renderers (nixos-render-docs) read the object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hmeval.options.description import to_markdown
from hmeval.options.difference import Difference
from hmeval.options.model import Option, Record
from hmeval.options.why import Why

FORMAT_VERSION = "1"
"""Of `configuration_document`; a change that would break a reader raises it."""

# What optionAttrSetToDocList gives every option, and what stands there when the declaration gives none.
_ALWAYS: dict[str, Any] = {
    "loc": (),
    "name": "",
    "description": None,
    "declarations": (),
    "internal": False,
    "visible": True,
    "readOnly": False,
    "type": "unspecified",
}
_SOMETIMES = ("example", "default", "relatedPackages")
_STATE = (
    "declaration_positions",
    "type_info",
    "instance_of",
    "within",
    "instances",
    "value",
    "is_defined",
    "priority",
    "definitions",
    "errors",
)
_KNOWN = frozenset((*_SOMETIMES, *_STATE))
_KEYED_WITHOUT = frozenset(("name", "visible", "internal"))


def options_list(options: Iterable[Option]) -> list[dict[str, Any]]:
    """The list of `lib.optionAttrSetToDocList`: eight fields, and example, default, relatedPackages where they are."""
    return list(map(list_entry, options))


def list_entry(option: Option) -> dict[str, Any]:
    """One option of `options_list`."""
    return _document(option.record)


def options_json(options: Iterable[Option]) -> dict[str, dict[str, Any]]:
    """`nixosOptionsDoc`'s options.json: by name, sorted as Nix sorts; visible options that are not internal alone.

    The key says the name, so it is left out, as are `visible` and `internal`; related packages become Markdown.
    """
    listed = sorted((option for option in options if option.listed), key=lambda option: option.name)
    return {option.name: _keyed_document(option.record) for option in listed}


def left_out(option: Option) -> list[tuple[str, Mapping[str, Any]]]:
    """What the ecosystem's documents and the manual have to leave out of an option: `NAME: field`, and the error."""
    return [(f"{option.name}: {field}", error) for field, error in option.errors.items() if field not in _STATE]


def configuration_document(target: Mapping[str, Any], options: Iterable[Option]) -> dict[str, Any]:
    """hmeval's own document: {"format_version", "target", "options"}, each option with what is known of its state.

    `options` is an iterator, so that options can be written while they are read. Optional fields are absent, not null
    (`description` alone can be null, as in the ecosystem's list).
    """
    fields = map(option_document, options)
    return {"format_version": FORMAT_VERSION, "target": dict(target), "options": fields}


def option_document(option: Option) -> dict[str, Any]:
    """One option of `configuration_document`: the ecosystem's fields, then hmeval's own."""
    record = option.record
    if record.keys() >= _ALWAYS.keys():  # it is what native code writes: that, and fields that are there
        return dict(record)
    document = {key: record.get(key, absent) for key, absent in _ALWAYS.items()}
    return document | {key: field for key, field in record.items() if key in _KNOWN and field is not None}


def why_document(target: Mapping[str, Any], why: Why) -> dict[str, Any]:
    """The answer of `why`: {"format_version", "target", "name", …, "value", "definitions": […], "not_read": […]}."""
    return {"format_version": FORMAT_VERSION, "target": dict(target), **why.record()}


def difference_document(a: Mapping[str, Any], b: Mapping[str, Any], difference: Difference) -> dict[str, Any]:
    """What differs between two targets: {"format_version", "a", "b", "summary", "added", "removed", …}."""
    return {"format_version": FORMAT_VERSION, "a": dict(a), "b": dict(b), **difference.record()}


def markdown(options: Iterable[Option]) -> str:
    """A manual: a section for each option, with its description as CommonMark, its type, default, example and files."""
    return "\n".join(_section(option) for option in options)


def related_packages_markdown(packages: Any) -> Any:
    """Related packages as nixosOptionsDoc writes them: a list of links to the package search, each with its comment.

    `packages` is a list of names, attribute paths and {name | path, title?, comment?}; a text or an empty list is kept.
    """
    if not packages or isinstance(packages, str):
        return packages
    return "".join(_package_link(package) for package in packages)


def _document(record: Record) -> dict[str, Any]:
    document = {key: record.get(key, absent) for key, absent in _ALWAYS.items()}
    return document | {key: record[key] for key in _SOMETIMES if record.get(key) is not None}


def _keyed_document(record: Record) -> dict[str, Any]:
    document = {key: field for key, field in _document(record).items() if key not in _KEYED_WITHOUT}
    if "relatedPackages" in document:
        document["relatedPackages"] = related_packages_markdown(document["relatedPackages"])
    return document


def _package_link(package: str | Sequence[str] | Mapping[str, Any]) -> str:
    described = _as_package(package)
    name = described["name"] if "name" in described else ".".join(described.get("path", ()))
    title = f"{described['title']} aka " if described.get("title") else ""
    comment = f"\n\n  {described['comment']}" if "comment" in described else ""
    search = f"https://search.nixos.org/packages?show={name}&sort=relevance&query={name}"
    return f"- [{title}`pkgs.{name}`](\n    {search}\n  ){comment}\n"


def _as_package(package: str | Sequence[str] | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(package, str):
        return {"name": package}
    return package if isinstance(package, Mapping) else {"path": package}


def _section(option: Option) -> str:
    paragraphs = [f"## {_code(option.name)}", to_markdown(option.description or "*No description.*")]
    read_only = " *(read only)*" if option.read_only else ""
    paragraphs.append(f"*Type:* {_escaped(' '.join(option.type.split()))}{read_only}")
    paragraphs += [_literal(title, option.record.get(title.lower())) for title in ("Default", "Example")]
    if related := related_packages_markdown(option.related_packages):
        paragraphs.append(f"*Related packages:*\n\n{related}")
    if option.declarations:
        files = "\n".join(f"- {_code(_place(declaration))}" for declaration in option.declarations)
        paragraphs.append(f"*Declared by:*\n\n{files}")
    return "\n\n".join(paragraph.rstrip("\n") for paragraph in paragraphs if paragraph) + "\n"


def _literal(title: str, field: Any) -> str:
    """A default or an example: code for an expression, prose for literalMD; nothing for none."""
    if not isinstance(field, Mapping):
        return ""
    text = str(field.get("text", "")).strip("\n")
    if field.get("_type") == "literalMD":
        prose = to_markdown(text)
        return f"*{title}:*\n\n{prose}" if "\n" in prose else f"*{title}:* {prose}"
    if "\n" not in text:
        return f"*{title}:* {_code(text)}"
    fence = _fence_for(text)
    return f"*{title}:*\n\n{fence}nix\n{text}\n{fence}"


def _fence_for(text: str) -> str:
    """A fence that the text does not hold."""
    fence = "```"
    while fence in text:
        fence += "`"
    return fence


def _escaped(text: str) -> str:
    """Text that CommonMark shows as it is: `string matching the pattern .*@.*`, `one of <null>`."""
    return re.sub(r"([\\`*_\[\]<>&~])", r"\\\1", text)


def _code(text: str) -> str:
    """A code span, with more backticks around a text that holds them (CommonMark 6.1)."""
    if "`" not in text:
        return f"`{text}`"
    ticks = _fence_for(text)
    return f"{ticks} {text} {ticks}"


def _place(declaration: Any) -> str:
    """A declaration is a file, or {name, url?} where a document's author transformed it."""
    return str(declaration.get("name", declaration)) if isinstance(declaration, Mapping) else str(declaration)
