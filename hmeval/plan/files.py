"""What happens to files below HOME: Home Manager's check, its removal of old links, and its links, predicted.

Source: Home Manager's modules/files/check-link-targets.sh and the `cleanup` and `link` scripts of modules/files.nix.
The three are followed one after the other over a disk that remembers what would have changed (hmeval.plan.future), so
that what one leaves behind is what the next one finds; where they disagree with each other, so does the plan.
"""

from __future__ import annotations

import errno
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hmeval.plan.disk import ABSENT, Entry
from hmeval.plan.future import Future
from hmeval.plan.leaves import Leaf, NewFiles, above
from hmeval.plan.model import KNOWN, UNKNOWN, Backup, FileChange
from hmeval.plan.out_of_store import cautions
from hmeval.plan.patterns import ForcedPaths
from hmeval.plan.sameness import becomes_executable, same, same_as_before

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG}
_HOME_FILES = "-home-manager-files/"
_COLLISION = "something that Home Manager did not put there is in the way"


class Situation(NamedTuple):
    """What the files are planned for.

    Attributes:
        home: the folder, as $HOME names it.
        new: the home-files of the configuration.
        old: the targets that the generation to start from has; None where there is none.
        stores: the real folders of Nix's stores: a link into a home-files there is Home Manager's own.
        forced: the targets that are not checked.
        backup: how what is in the way is put aside.
    """

    home: str
    new: NewFiles
    old: Sequence[str] | None
    stores: tuple[str, ...]
    forced: Iterable[str] = ()
    backup: Backup = Backup()


def plan_files(situation: Situation, future: Future) -> list[FileChange]:
    """What happens to each path that the old or the new generation has; `future` then holds what HOME will look like.

    Nothing raises: what cannot be read is as absent as it is to the scripts.
    """
    activation = _Activation(situation, future)
    activation.check()
    activation.clean()
    activation.link()
    return activation.changes()


class Ours:
    """Whether a link leads into the home-files of any generation: `<store>/*-home-manager-files/*`."""

    def __init__(self, stores: Iterable[str]) -> None:
        self._prefixes = tuple(f"{store}/" for store in stores)
        self._latest = "\0"  # the home-files of the last link that was: most of the others are in it

    def __call__(self, link: str) -> bool:
        if link.startswith(self._latest):
            return True
        mark = link.rfind(_HOME_FILES)
        if not any(link.startswith(prefix) and mark >= len(prefix) for prefix in self._prefixes):
            return False
        self._latest = link[: mark + len(_HOME_FILES)]
        return True


_Pending = tuple[Leaf, str, Entry]
"""A leaf that is to be linked, its path below HOME, and what was there at first."""


class _Activation:
    """One prediction, in the order of the scripts."""

    def __init__(self, situation: Situation, future: Future) -> None:
        self._situation = situation
        self._future = future
        self._home = situation.home.rstrip("/") + "/"
        self._root = situation.new.root + "/"
        self._ours = Ours(situation.stores)
        self._leaves = list(situation.new.leaves.values())
        self._entries: list[Entry] = []
        self._blocked: dict[str, FileChange] = {}
        self._undecided: dict[str, str] = {}
        self._changes: list[FileChange] = []
        self._cleaned: list[FileChange] = []
        self._links: dict[str, bool] = {}

    def changes(self) -> list[FileChange]:
        """The changes: those of the new generation's leaves, then those of what only the old one has."""
        for change in self._cleaned:
            change.removes = tuple(
                folder for folder in change.removes if not self._future.is_folder(self._home + folder)
            )
        return self._changes + self._cleaned

    # -- checkLinkTargets -------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Find out what is at each target, and which of them block activation, or may."""
        forced = ForcedPaths(self._home + target for target in self._situation.forced)
        readlink, ours, home = self._future.disk.readlink, self._ours, self._home
        missing: set[str] = set()  # folders: what would be in them need not be looked for
        for leaf in self._leaves:
            path = home + leaf.target
            try:
                known = missing and path.rpartition("/")[0] in missing
                entry = ABSENT if known else Entry("link", readlink(path))
            except OSError as error:
                entry = self._not_a_link(path, error, missing)
            except ValueError:
                entry = ABSENT
            self._entries.append(entry)
            if entry is ABSENT or (entry.kind == "link" and ours(entry.link)) or (forced and forced.cover(path)):
                continue
            self._check_stranger(leaf, path, entry)

    def _not_a_link(self, path: str, error: OSError, missing: set[str]) -> Entry:
        """What is at a target that cannot be read as a link; its folder is put into `missing` if it is not there."""
        if error.errno not in _NOT_THERE:
            return self._future.disk.entry(path)
        folder = path.rpartition("/")[0]
        if not self._future.is_folder(folder):
            missing.add(folder)
        return ABSENT

    def _check_stranger(self, leaf: Leaf, path: str, entry: Entry) -> None:
        """What is at a target and is not ours."""
        if entry.kind == "link" and not self._future.exists(path):
            return
        is_same = same(self._future, leaf, path)
        backup, backup_exists = self._situation.backup, False
        if is_same:
            return
        if entry.kind != "link" and backup.command:
            return
        if entry.kind != "link" and backup.extension:
            aside = f"{path}.{backup.extension}"
            if not self._future.exists(aside) or backup.overwrite:
                return
            reason = f"what is there would be moved to {posixpath.basename(aside)}, which exists already"
            backup_exists = True
        else:
            reason = self._described_collision(path, entry, differs=is_same is False)
        if is_same is None:
            self._undecided[leaf.target] = reason
            return
        change = FileChange(leaf.target, "blocked", reason, entry, leaf.kind)
        change.backup_exists = backup_exists
        self._blocked[leaf.target] = self._filled(change, leaf)

    def _described_collision(self, path: str, entry: Entry, *, differs: bool) -> str:
        if entry.kind == "link":
            return f"a link to {entry.link} is in the way, which is not Home Manager's and is never moved aside"
        if entry.kind == "directory":
            return "a folder is in the way" + (", with links of Home Manager's own" if self._holds_ours(path) else "")
        return f"{_COLLISION}, and differs" if entry.kind == "file" and differs else _COLLISION

    def _holds_ours(self, folder: str) -> bool:
        disk = self._future.disk
        try:
            children = disk.children(folder)
        except OSError:
            return False
        return any(kind == "link" and self._ours(disk.entry(f"{folder}/{name}").link) for name, kind in children)

    # -- linkGeneration: cleanOldGen --------------------------------------------------------------------------------

    def clean(self) -> None:
        """Remove the links that only the old generation has, and the folders that are empty then."""
        for target in self._situation.old or ():
            stays = self._exists_in_new(target)
            if target in self._situation.new.leaves:
                if not stays:  # a link that leads nowhere counts as gone, and is made anew
                    self._remove(target)
                continue
            if stays is None:
                entry = self._future.entry(self._home + target)
                change = FileChange(target, "update", "whether it stays is known after the build", entry)
                change.content = UNKNOWN
                self._cleaned.append(change)
            elif stays:
                self._note_stay(target)
            else:
                self._cleaned.append(self._removed(target))

    def _exists_in_new(self, target: str) -> bool | None:
        """What `-e` says of a path in the new home-files; None where only the build will tell."""
        new = self._situation.new
        leaf = new.leaves.get(target)
        if leaf is not None:
            return leaf.text is not None or leaf.store or self._future.exists(leaf.source)
        if target in new.folders:
            return True
        for folder in above(target):
            if folder in new.leaves:
                return self._exists_behind(new.leaves[folder], target[len(folder) :])
            if any(unknown.target == folder for unknown in new.unknown):
                return None
        return False

    def _exists_behind(self, leaf: Leaf, below: str) -> bool | None:
        """Whether something is below what a leaf leads to."""
        if leaf.text is not None:
            return False
        if leaf.store and not self._future.exists(leaf.source):
            return None
        return self._future.exists(leaf.source + below)

    def _note_stay(self, target: str) -> None:
        entry = self._future.entry(self._home + target)
        if entry.kind != "link" or not self._ours(entry.link):
            return
        if target in self._situation.new.folders:
            reason = "the new generation has a folder there, and the old link is not removed"
        else:
            reason = "the new generation has it within a folder that is linked as a whole"
        self._cleaned.append(FileChange(target, "keep", reason, entry))

    def _removed(self, target: str) -> FileChange:
        path = self._home + target
        entry = self._future.entry(path)
        if entry.kind == "absent":
            return FileChange(target, "skipped", "it is gone already", entry)
        if entry.kind != "link" or not self._ours(entry.link):
            change = FileChange(target, "skipped", "it is not a link of Home Manager's any more, and stays", entry)
            change.warnings = ("left behind: the configuration no longer has it, and it was replaced by hand",)
            return change
        removed, folders = self._remove(target)
        if not removed:
            return FileChange(target, "skipped", "its folder cannot be written to: it stays", entry)
        change = FileChange(target, "remove", "the configuration no longer has it", entry)
        change.removes = folders
        return change

    def _remove(self, target: str) -> tuple[bool, tuple[str, ...]]:
        """`rm`, then `rmdir -p`: whether it was removed, and which folders with it."""
        path = self._home + target
        entry = self._future.entry(path)
        if entry.kind != "link" or not self._ours(entry.link) or not self._future.remove(path):
            return False, ()
        folders: list[str] = []
        # `dirname` and `rmdir` take a leading hyphen for an option.
        for folder in () if target.startswith("-") else above(target):
            if not self._future.remove_empty_folder(self._home + folder):
                break
            folders.append(folder)
        return True, tuple(folders)

    # -- linkGeneration: linkNewGen ---------------------------------------------------------------------------------

    def link(self) -> None:
        """Link what is not linked yet: folders first, then links, then what is in the way of some."""
        batches: dict[str, list[_Pending]] = defaultdict(list)
        slow: list[_Pending] = []
        root, home = self._root, self._home
        for leaf, before in zip(self._leaves, self._entries, strict=True):
            if leaf.target in self._blocked:
                self._changes.append(self._blocked[leaf.target])
                continue
            path = home + leaf.target
            parent = path.rpartition("/")[0]
            entry = before if not self._future.changes else self._after_cleaning(path, before)
            if self._is_link(parent) or entry.kind not in ("link", "absent"):
                slow.append((leaf, path, before))
            elif entry.link == root + leaf.target:
                self._changes.append(self._filled(FileChange(leaf.target, "keep", "", before, leaf.kind), leaf))
            else:
                batches[parent].append((leaf, path, before))
        self._link_batches(batches)
        for leaf, path, before in slow:
            change = self._filled(self._linked_slowly(leaf, path, before), leaf)
            self._note_place(change, path.rpartition("/")[0])
            self._changes.append(change)

    def _link_batches(self, batches: Mapping[str, list[_Pending]]) -> None:
        """Make the links, folder by folder, where a link, or nothing, is."""
        future, root = self._future, self._root
        for parent in batches:
            future.make_folders(parent)
        for parent, batch in batches.items():
            folder = future.folder(parent)
            changed = self._failed
            if folder is not None and future.can_change(folder):
                future.put_links(folder, {path[len(parent) + 1 :]: root + leaf.target for leaf, path, _ in batch})
                changed = self._replaced
            self._changes += [self._filled(changed(leaf, path, before), leaf) for leaf, path, before in batch]

    def _is_link(self, folder: str) -> bool:
        """Whether a folder that holds targets is a link, once old links are gone."""
        known = self._links.get(folder)
        if known is None:
            known = self._links[folder] = self._future.entry(folder).kind == "link"
        return known

    def _after_cleaning(self, path: str, before: Entry) -> Entry:
        """What is at a target once old links are gone: what was there, or nothing."""
        parent, _, name = path.rpartition("/")
        folder = self._future.folder(parent)
        if folder is None:
            return ABSENT
        changed = self._future.changes.get(folder.within(name))
        return before if changed is None else changed[0]

    def _replaced(self, leaf: Leaf, path: str, before: Entry) -> FileChange:
        """The change where a link takes the place of nothing, or of a link."""
        if before.kind == "absent":
            return FileChange(leaf.target, "create", "", before, leaf.kind)
        if before.link == self._root + leaf.target:  # removed, since it leads nowhere, and made again
            return FileChange(leaf.target, "keep", "", before, leaf.kind)
        if not self._ours(before.link):
            return self._replaced_stranger(leaf, path, before)
        is_same = same_as_before(self._future, leaf, before.link)
        executable = becomes_executable(self._future, leaf, before.link) if is_same else None
        if executable is not None:
            reason = "the same content, now executable" if executable else "the same content, no longer executable"
            return FileChange(leaf.target, "update", reason, before, leaf.kind)
        if is_same:
            reason = "the same content, in another generation"
            return FileChange(leaf.target, "relink", reason, before, leaf.kind)
        reason = "its content changes" if is_same is False else "whether its content changes is known after the build"
        return FileChange(leaf.target, "update", reason, before, leaf.kind)

    def _replaced_stranger(self, leaf: Leaf, path: str, before: Entry) -> FileChange:
        if not Future(self._future.disk).exists(path):
            return FileChange(leaf.target, "update", "a link that leads nowhere is replaced", before, leaf.kind)
        change = FileChange(leaf.target, "update", f"replaces a link to {before.link}", before, leaf.kind)
        if same(Future(self._future.disk), leaf, path):
            change.reason += " of the same content, although the check says that it is skipped"
        elif leaf.target not in self._undecided:
            change.warnings = (f"the link to {before.link} is lost: the file is forced",)
        return change

    def _linked_slowly(self, leaf: Leaf, path: str, before: Entry) -> FileChange:
        """A target where a file or folder is, or whose folder is a link."""
        future, root = self._future, self._root
        in_the_way = future.entry(path)
        occupied = in_the_way.kind not in ("absent", "link")
        change = FileChange(leaf.target, "update", "", before if before.kind != "absent" else in_the_way, leaf.kind)
        if in_the_way.kind == "link" and in_the_way.link == root + leaf.target:
            return FileChange(leaf.target, "keep", "", in_the_way, leaf.kind)
        if occupied:
            self._put_aside(change, path)
        now = future.entry(path)
        is_same = now.kind not in ("absent", "link") and same(future, leaf, path)
        # What may differ stays where activation gets here at all: else its check has failed.
        if is_same or (is_same is None and leaf.target in self._undecided):
            return self._left(leaf, path, change)
        future.make_folders(path.rpartition("/")[0])
        if not future.put_link(path, root + leaf.target):
            failed = self._failed(leaf, path, before)
            failed.warnings = change.warnings
            return failed
        if change.action == "backup":
            return change
        if occupied:
            unless = ", unless it is the same" if is_same is None else ""
            change.reason = f"the {in_the_way.kind} that is there is replaced{unless}"
            change.warnings += (f"the {in_the_way.kind} that is there is lost{unless}",)
        else:
            change = self._replaced(leaf, path, before if before.kind in ("absent", "link") else in_the_way)
        return change

    def _put_aside(self, change: FileChange, path: str) -> None:
        """Home Manager's backup: whatever becomes of it, the link is tried next."""
        future, backup = self._future, self._situation.backup
        if backup.command:
            future.forget(path)
            change.action, change.reason = "backup", f"`{backup.command}` is run on it"
            change.warnings += ("if the command fails, or moves nothing, the file is overwritten",)
        elif backup.extension:
            aside = f"{path}.{backup.extension}"
            there = future.entry(aside)
            if future.exists(aside) and backup.overwrite:
                future.remove(aside)
            if not future.move(path, aside):
                change.warnings += (f"it cannot be moved to {posixpath.basename(aside)}",)
                return
            change.action, change.backup = "backup", f"{change.target}.{backup.extension}"
            change.reason = f"what is there is moved to {posixpath.basename(aside)}"
            if there.kind != "absent":
                change.warnings += (_lost_backup(posixpath.basename(aside), there),)

    def _left(self, leaf: Leaf, path: str, change: FileChange) -> FileChange:
        folder = path.rpartition("/")[0]
        change.action = "skipped"
        if self._is_link(folder):
            link = self._future.entry(folder).link
            change.reason = f"the same, seen through the folder's link to {link}, which stays"
        else:
            change.reason = "a file of the same content is there: it stays, and is not linked"
        return change

    def _failed(self, leaf: Leaf, path: str, before: Entry) -> FileChange:
        """A target at which activation stops half-way: its check has not seen it."""
        change = FileChange(leaf.target, "blocked", self._obstacle(path), before, leaf.kind)
        change.late = True
        return change

    def _obstacle(self, path: str) -> str:
        """Why a link cannot be made."""
        if self._future.entry(path).kind == "directory":
            return "a folder is there, and a link cannot replace it"
        for folder in _folders_above(path):
            entry = self._future.entry(folder)
            if entry.kind in ("file", "other"):
                return f"{folder} is a {entry.kind}, and a folder is needed there"
            if entry.kind == "link" and not self._future.is_folder(folder):
                return f"{folder} is a link that leads to no folder"
            if entry.kind != "absent":
                return f"{folder} cannot be written to"
        return "its folder cannot be made"

    # -- contents ---------------------------------------------------------------------------------------------------

    def _filled(self, change: FileChange, leaf: Leaf) -> FileChange:
        """The change, with what is known of the leaf."""
        if change.action not in ("skipped", "blocked"):
            change.link = self._root + leaf.target
        change.text, change.source = leaf.text, leaf.source
        if leaf.kind == "out-of-store" and leaf.file is not None:
            store = posixpath.dirname(self._situation.new.root)
            change.warnings += tuple(cautions(leaf, self._situation.home, store, self._future))
        if leaf.file is not None:
            change.managed, change.declared_at = leaf.file, leaf.file.declared_at
            if leaf.text is None and leaf.store and change.action not in ("keep", "relink"):
                change.content = KNOWN if self._future.exists(leaf.source) else UNKNOWN
        if leaf.target in self._undecided and change.action != "blocked":
            change.undecided = True
            change.reason = f"{self._undecided[leaf.target]}; {_undecided_why(change)}"
        return change

    def _note_place(self, change: FileChange, folder: str) -> None:
        """Say where a file goes whose folder is a link."""
        if not self._is_link(folder) or change.action in ("skipped", "blocked", "keep"):
            return
        real = self._future.folder(folder)
        where = real.path if real else self._future.entry(folder).link
        change.warnings += (f"its folder is a link: the change is made in {where}",)


def _undecided_why(change: FileChange) -> str:
    """Why it is not known whether activation fails, and what happens where it does not."""
    why = (
        "only the build can tell whether it is the same" if change.content == UNKNOWN else "it is too large to compare"
    )
    done = "it stays" if change.action == "skipped" else "it is replaced"
    return f"{why}: if so {done}, and else activation fails"


def _lost_backup(name: str, there: Entry) -> str:
    if there.kind == "directory":
        return f"{name} is a folder already: it is moved into it"
    return f"the {there.kind} {name}, an earlier backup perhaps, is overwritten"


def _folders_above(path: str) -> Iterable[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
