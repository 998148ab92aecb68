"""Links that lead out of the store (`config.lib.file.mkOutOfStoreSymlink`), and what people stumble over with them.

Source: mkOutOfStoreSymlink in Home Manager's modules/files.nix, which is a derivation of `ln -s` to a text; and its
recurring questions, of which nearly all are about a relative path in a flake.
"""

from __future__ import annotations

from collections.abc import Iterator

from hmeval.plan.future import Future
from hmeval.plan.leaves import Leaf


def cautions(leaf: Leaf, home: str, store: str, future: Future) -> Iterator[str]:
    """What is not as it seems with a link out of the store; `store` is the store's folder."""
    leads_to = leaf.source
    if leads_to.startswith("~"):
        yield f"it leads to {leads_to} in the store: `~` is not expanded there; config.home.homeDirectory is the folder"
    elif not leads_to.startswith("/"):
        yield f"it leads to {leads_to} in the store, since it is no absolute path"
    elif leads_to.startswith(f"{store}/"):
        yield (
            f"it leads into the store, to {leads_to}: a path like ./x of a flake is its copy there; give the path of "
            'the checkout as a string ("${config.home.homeDirectory}/…")'
        )
    elif leads_to.rstrip("/") == f"{home.rstrip('/')}/{leaf.target}":
        yield "it leads to itself: nothing can be opened by that name then"
    elif not future.exists(leads_to):
        yield f"it leads to {leads_to}, which is not there"
    if leaf.file is not None and leaf.file.recursive:
        yield "`recursive` has no effect: it is one link, to the folder as a whole"
