"""Kept: what is known of one target, part by part: found on the shelf, or evaluated and put there.

A part is an entry of its own, with its own fingerprint: the options, those of them that were shown in full, values of
expressions. What it holds are documents by name: plain data.
"""

from __future__ import annotations

import marshal
from _thread import RLock  # threading takes longer to import
from zlib import crc32

from hmeval.cache.entries import VERSION
from hmeval.cache.fingerprint import Fingerprint
from hmeval.cache.shelf import Shelf
from hmeval.cache.tree import StoredTree, tree_documents
from hmeval.options.model import Option, OptionTree
from hmeval.options.values import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, ClassVar

    from hmeval.cache.entries import Entry
    from hmeval.cache.shelf import Lock
    from hmeval.options.model import Record

# Failures that are accidents of one run: an interrupt, a limit that it reached.
_PASSING_FAILURES = frozenset(("interrupted", "stack-overflow"))
# What a policy forbids; Nix's words in restricted and in pure evaluation.
_FORBIDDEN = ("restricted mode", "pure evaluation mode", "pure eval")
_MOST_DOCUMENTS = 10_000
"""In a part that grows with what is asked for."""


class Kept:
    """The parts of one target.

    Args:
        shelf: where they are; None to keep nothing, and to use nothing that is kept.
        target: what they are of, with everything that is known before an evaluation and changes its result.
        fingerprint: what evaluations have depended on so far; raises Uncacheable.
        describe: what an entry says of the target beside that, as plain data; asked for after an evaluation.
        refresh: use nothing that was kept before.
        tell: is told, once, why results are not kept, where the reason is in the configuration.

    Attributes:
        busy: the lock of whoever asks, and evaluates: threads do so one after the other.
    """

    _evaluating: ClassVar[set[int]] = set()
    """Who in this process has the lock of an evaluation, by `id`."""

    def __init__(
        self,
        shelf: Shelf | None,
        target: tuple[Any, ...],
        fingerprint: Callable[[], Fingerprint],
        describe: Callable[[], Any],
        *,
        refresh: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.busy = RLock()
        self._shelf = shelf
        self._target = repr((VERSION, target))
        self._fingerprint = fingerprint
        self._describe = describe
        self._refresh = refresh
        self._tell = tell
        self._valid_fingerprints: dict[bytes, bool] = {}
        self._entries: dict[str, Entry] = {}
        self._new: dict[str, dict[str, Any]] = {}  # by part: documents that are still to be put on the shelf
        self._lock: Lock | None = None

    # -- what commands ask for ----------------------------------------------------------------------------------------

    def tree(self, part: str, read: Callable[[], Iterable[Record]]) -> OptionTree:
        """The options of a part, or those that `read` gives, which are kept."""
        with self.busy:
            entry = self._found(part) or self._found_alone(part)
            if entry is not None:
                return StoredTree(entry)
            records = list(read())
            self._keep_tree(part, records)
            return OptionTree(records)

    def known_tree(self, part: str) -> OptionTree | None:
        """The options of a part, where they are kept and still hold."""
        with self.busy:
            entry = self._found(part)
            return None if entry is None else StoredTree(entry)

    def options(self, part: str, read: Callable[[], Iterable[Record]]) -> Iterator[Option]:
        """The same options, each as soon as it is there."""
        with self.busy:
            entry = self._found(part) or self._found_alone(part)
        if entry is not None:
            yield from StoredTree(entry).options()
            return
        records: list[Record] = []
        for record in read():
            records.append(record)
            yield Option(record)
        self._keep_tree(part, records)

    def document(self, part: str, name: str, compute: Callable[[], Any], *, alone: bool = True) -> Any:
        """The document of a name, or what `compute` gives, which is kept beside those that the part holds.

        None is never kept. Without `alone` it is not kept yet, but with what is asked for next.
        """
        (document,) = self.documents(part, [name], lambda _: compute(), alone=alone)
        return document

    def documents(
        self, part: str, names: Sequence[str], compute: Callable[[str], Any], *, alone: bool = True
    ) -> Iterator[Any]:
        """The documents of some names, each as soon as it is there."""
        if not names:
            return
        with self.busy:
            known = self._known(part, names, self._found(part))
            if known is None:
                known = self._known(part, names, self._found_alone(part, names[0]))
        yield from self._computed(part, names, compute) if known is None else known
        if alone:
            self.finish()

    def finish(self) -> None:
        """Put on the shelf what has been evaluated so far."""
        with self.busy:
            for part, documents in self._new.items():
                self._store_more(part, documents)
            self._new.clear()
            if self._lock is not None:
                self._lock.__exit__(None, None, None)
                self._lock = None
                Kept._evaluating.discard(id(self))

    def close(self) -> None:
        """Finish, unless another thread still evaluates, and let go of the files that were read."""
        if not self.busy.acquire(blocking=False):
            return
        try:
            self.finish()
        finally:
            self._entries.clear()
            self.busy.release()

    def stop(self) -> None:
        """Keep nothing from now on."""
        self._new.clear()
        self.finish()
        self._shelf = None

    def last_known(self, part: str) -> OptionTree | None:
        """The options of a part as they were when they were kept last, whatever has changed since."""
        entry = None if self._shelf is None else self._shelf.take(self._name(part))
        return StoredTree(entry) if entry is not None and entry.head["target"] == self._target else None

    def description(self) -> Any:
        """What an entry says of the target (`describe`); None where nothing has been found so far."""
        with self.busy:
            return next((entry.head["description"] for entry in self._entries.values()), None)

    # -- looking up ---------------------------------------------------------------------------------------------------

    def _found(self, part: str) -> Entry | None:
        """The entry of a part, if nothing that it depends on has changed."""
        if self._shelf is None or self._refresh:
            return None
        if part not in self._entries:
            entry = self._shelf.take(self._name(part))
            if entry is None or not self._holds(part, entry):
                return None
            self._entries[part] = entry
        return self._entries[part]

    def _holds(self, part: str, entry: Entry) -> bool:
        assert self._shelf is not None
        head = entry.head
        if head["target"] != self._target or head["part"] != part:
            return False
        packed = head["fingerprint"]
        if packed not in self._valid_fingerprints:
            fingerprint = Fingerprint.of(marshal.loads(packed))
            self._valid_fingerprints[packed] = fingerprint.changed() is None
            if fingerprint.was_read and self._valid_fingerprints[packed]:
                self._renew(part, entry, fingerprint)
        return self._valid_fingerprints[packed]

    def _renew(self, part: str, entry: Entry, fingerprint: Fingerprint) -> None:
        """Note the time stamps of now: files had to be read to see that they have not changed."""
        assert self._shelf is not None
        renewed = fingerprint.renewed()
        if renewed is not None:
            head = entry.head | {"fingerprint": marshal.dumps(renewed.document())}
            self._shelf.put(self._name(part), head, entry)

    def _name(self, part: str) -> str:
        # Short names can coincide, so the head says it all again.
        whole = f"{part}\0{self._target}".encode("utf-8", "surrogateescape")
        readable = "".join(letter if letter.isalnum() else "-" for letter in part)
        return f"{readable[:40]}-{crc32(whole):08x}{crc32(whole, 1):08x}"

    # -- keeping ------------------------------------------------------------------------------------------------------

    def _found_alone(self, part: str, name: str = "") -> Entry | None:
        """The entry of a part after nobody else evaluates the same any more; until `finish`, others wait in turn.

        A process that has such a lock takes no second one, lest two wait for each other, or it for itself, comparing
        two configurations.
        """
        if self._shelf is None or Kept._evaluating:
            return None
        Kept._evaluating.add(id(self))
        self._lock = self._shelf.lock("evaluate", f"{self._name(part)}\0{name}")
        return self._found(part) if self._lock.__enter__() else None

    def _known(self, part: str, names: Sequence[str], entry: Entry | None) -> list[Any] | None:
        """All the documents, where none is missing."""
        found = [self._one_known(part, name, entry) for name in names]
        return None if any(document is None for document in found) else found

    def _one_known(self, part: str, name: str, entry: Entry | None) -> Any:
        new = self._new.get(part, {}).get(name)
        return entry.get(name) if new is None and entry is not None else new

    def _computed(self, part: str, names: Sequence[str], compute: Callable[[str], Any]) -> Iterator[Any]:
        """The documents, of which some are missing."""
        with self.busy:
            entry = self._found(part)
        for name in names:
            with self.busy:
                document = self._one_known(part, name, entry)
                if document is None:
                    document = compute(name)
                    if document is not None and _lasts(document):
                        self._new.setdefault(part, {})[name] = document
            yield document

    def _keep_tree(self, part: str, records: Sequence[Record]) -> None:
        with self.busy:
            if not all(map(_lasts, records)):
                self.stop()
            fingerprint = None if self._shelf is None else self._fingerprint_or_refuse()
            if fingerprint is not None:
                self._put(part, fingerprint, tree_documents(records))
            self.finish()

    def _store_more(self, part: str, documents: dict[str, Any]) -> None:
        """Add documents to a part. What it holds is asked for last: a change meanwhile must not go unnoticed."""
        if self._shelf is None:
            return
        with self._shelf.lock("store", self._name(part)):
            fingerprint = self._fingerprint_or_refuse()
            if fingerprint is None:
                return
            self._valid_fingerprints.clear()
            self._entries.pop(part, None)
            before = self._found(part)
            if before is None or len(before) > _MOST_DOCUMENTS:
                self._put(part, fingerprint, documents.items())
            else:
                whole = fingerprint.united(Fingerprint.of(marshal.loads(before.head["fingerprint"])))
                self._put(part, whole, (dict(before) | documents).items())

    def _put(self, part: str, fingerprint: Fingerprint, documents: Iterable[tuple[str, Any]]) -> None:
        assert self._shelf is not None
        head = {
            "target": self._target,
            "part": part,
            "description": self._describe(),
            "fingerprint": marshal.dumps(fingerprint.document()),
        }
        self._shelf.put(self._name(part), head, documents)

    def _fingerprint_or_refuse(self) -> Fingerprint | None:
        from hmeval.cache.observation import Uncacheable

        try:
            return self._fingerprint()
        except Uncacheable as reason:
            self._refuse(reason)
            return None

    def _refuse(self, reason: Any) -> None:
        assert self._shelf is not None
        self._shelf.log(f"a result was not kept: {reason}")
        if self._tell and reason.lasts:
            self._tell(f"hmeval: the result is not kept, and will be evaluated again the next time: {reason}")
        self._shelf = None


def _lasts(document: Any) -> bool:
    """Whether what a document says of failures would be the same at another time."""
    if isinstance(document, list):
        return all(map(_lasts, document))
    if not isinstance(document, dict):
        return True
    told = [*document.get("errors", {}).values(), *document.get("failed", ())]
    value = document.get("value")
    if isinstance(value, dict):
        told += failures(value)
    return not any(_passes(failure["kind"], failure["message"]) for failure in told)


def _passes(kind: str, message: str) -> bool:
    return kind in _PASSING_FAILURES or any(words in message for words in _FORBIDDEN)
