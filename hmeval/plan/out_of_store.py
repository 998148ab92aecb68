"""Links that lead out of the store (`config.lib.file.mkOutOfStoreSymlink`), and the usual mistakes with them.

Source: mkOutOfStoreSymlink in Home Manager's modules/files.nix, which is a derivation of `ln -s` to a text; and its
recurring questions, of which nearly all are about a relative path in a flake.
"""

from __future__ import annotations

from collections.abc import Iterator

from hmeval.plan.future import Future
from hmeval.plan.leaves import Leaf


def cautions(leaf: Leaf, home: str, store: str, future: Future) -> Iterator[str]:
    """Warnings about a link out of the store; `store` is the store's folder."""
    leads_to = leaf.source
    if leads_to.startswith("~"):
        yield f"it leads to {leads_to} in the store: Nix does not expand `~`; use config.home.homeDirectory"
    elif not leads_to.startswith("/"):
        yield f"it leads to {leads_to} in the store, because the path is not absolute"
    elif leads_to.startswith(f"{store}/"):
        yield (
            f"it leads into the store, to {leads_to}: in a flake, ./x is the copy in the store; give the path of the "
            'checkout as a string ("${config.home.homeDirectory}/…")'
        )
    elif leads_to.rstrip("/") == f"{home.rstrip('/')}/{leaf.target}":
        yield "it leads to itself: nobody can open it"
    elif not future.exists(leads_to):
        yield f"it leads to {leads_to}, which does not exist"
    if leaf.file is not None and leaf.file.recursive:
        yield "`recursive` has no effect: there is one link, to the whole folder"
