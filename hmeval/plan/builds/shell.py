"""A shell that follows what a script does to files, and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from hmeval.plan.builds.places import File, Places
from hmeval.plan.builds.recipe import store_name
from hmeval.plan.builds.syntax import (
    Chain,
    Command,
    Conditional,
    Group,
    Literal,
    Script,
    Simple,
    Substitution,
    Unsupported,
    Variable,
    Word,
    parse,
)

_GLOB = re.compile(r"[*?\[\]{}~\\]")
_BLANKS = " \t\n"
_OWN_NAME = re.compile(r"[a-z][A-Za-z0-9]*")  # of a variable that the shell and the stdenv do not look at
# Names by which the stdenv is told what to do, and whether (doCheck, dontInstall).
_STDENV_NAMES = ("Hook", "Hooks", "Phase", "Path")
_SWITCH = re.compile(r"do(?:nt)?[A-Z]")
_LONGEST = 64 * 1024 * 1024
# Where a program is that a command names by its path; any other is one of coreutils.
_PACKAGES = {"bash": ("bash",), "jq": ("jq",), "sh": ("bash",), "shellcheck": ("shellcheck", "ShellCheck")}


class Done(NamedTuple):
    """A command that is done.

    Attributes:
        succeeded: whether it succeeded; None where only the build will tell.
        output: what it wrote.
        is_excused: whether `set -e` lets it fail: it did before the last `&&` or `||`.
    """

    succeeded: bool | None = True
    output: bytes = b""
    is_excused: bool = False


class Failure(Unsupported):
    """The build ends here, and fails."""


Program: TypeAlias = "Callable[[Shell, Sequence[str]], Done]"


class Shell:
    """A shell that runs commands on places. Everything raises Unsupported for what is beyond it."""

    def __init__(
        self,
        variables: dict[str, str],
        places: Places,
        programs: Mapping[str, Program],
        documents: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.variables = variables
        self.places = places
        self.documents = documents
        self._programs = programs
        self._subshells = 0

    def run_alone(self, code: str) -> None:
        """Run shell code as `eval` does, which fails where its last command does."""
        if not self.run(parse(code)).succeeded:
            raise Failure("a command fails")

    def run(self, script: Script, *, guarded: bool = False) -> Done:
        """Run a script as `set -e` does; one that is guarded goes on where a command fails."""
        done, output = Done(), b""
        for command in script:
            done = self._run(command, guarded=guarded)
            output += done.output
            if done.succeeded is None and not guarded:
                raise Unsupported("whether a command succeeds")
            if not (done.succeeded or done.is_excused or guarded):
                raise Failure("a command fails")
        return done._replace(output=output)

    def _run(self, command: Command, *, guarded: bool) -> Done:
        if isinstance(command, Simple):
            return self._simple(command)
        if isinstance(command, Conditional):
            return self._conditional(command, guarded=guarded)
        if isinstance(command, Group):
            return self._group(command, guarded=guarded)
        return self._chain(command, guarded=guarded)

    def _chain(self, chain: Chain, *, guarded: bool) -> Done:
        done = self._run(chain.first, guarded=True)
        was_last = False
        for number, (operator, command) in enumerate(chain.rest, 1):
            if done.succeeded is None:
                raise Unsupported("whether a command succeeds")
            if was_last := done.succeeded == (operator == "&&"):
                following = self._run(command, guarded=guarded or number < len(chain.rest))
                done = Done(following.succeeded, done.output + following.output)
        return done._replace(is_excused=not was_last)

    def _group(self, group: Group, *, guarded: bool) -> Done:
        with self._subshell():
            try:
                return self.run(group.script, guarded=guarded)._replace(is_excused=False)
            except Failure:
                return Done(False)

    @contextmanager
    def _subshell(self) -> Iterator[None]:
        """A shell below this one, whose variables and whose end are its own."""
        before = dict(self.variables)
        self._subshells += 1
        try:
            yield
        finally:
            self.variables = before
            self._subshells -= 1

    def _conditional(self, conditional: Conditional, *, guarded: bool) -> Done:
        for condition, script in conditional.branches:
            done = self.run(condition, guarded=True)
            if done.succeeded is None:
                self._must_fail(script)
            elif done.succeeded:
                return self.run(script, guarded=guarded)
        return self.run(conditional.otherwise, guarded=guarded)

    def _must_fail(self, script: Script) -> None:
        """Follow what may be run or not: only where the build fails by it is it certain what a build does."""
        before, variables = self.places.saved(), dict(self.variables)
        if self._subshells:
            raise Unsupported("whether a part of the build ends")
        try:
            self.run(script, guarded=True)
        except Failure:
            self.places.restore(before)
            self.variables = variables
            return
        raise Unsupported("whether a condition holds")

    def _simple(self, command: Simple) -> Done:
        if command.assignments:
            return self._assign(command)
        words = [field for word in command.words for field in self._fields(word)]
        if not words:
            raise Unsupported("a command without words")
        program = self._programs.get(_program_name(words[0], self.places))
        if program is None:
            raise Unsupported(f"the command {words[0]}")
        if len(command.redirections) > 1:
            raise Unsupported("several redirections")
        for operator, target in command.redirections:
            return self._redirected(program, words[1:], operator, target)
        return program(self, words[1:])

    def _assign(self, command: Simple) -> Done:
        if command.words or command.redirections:
            raise Unsupported("a variable for one command")
        for name, word in command.assignments:
            if _OWN_NAME.fullmatch(name) is None or _SWITCH.match(name) or name.endswith(_STDENV_NAMES):
                raise Unsupported(f"an assignment to {name}")
            self.variables[name] = self._unsplit(word)
            if len(self.variables[name]) > _LONGEST:
                raise Unsupported("a long text")
        return Done()

    def _redirected(self, program: Program, arguments: Sequence[str], operator: str, target: Word) -> Done:
        """Run a program, its output into a file, which is emptied before the program begins."""
        if operator == ">&2":
            return Done(program(self, arguments).succeeded)
        path = self._fields(target)
        if len(path) != 1:
            raise Unsupported("a redirection to several files")
        there = self.places.get(path[0])
        is_executable = isinstance(there, File) and there.executable
        before = there.content if operator == ">>" and isinstance(there, File) else b""
        self.places.put(path[0], File(before, is_executable))
        with self.places.written(path[0]):
            done = program(self, arguments)
        if not done.succeeded:
            raise Unsupported("the output of a command that fails")
        self.places.put(path[0], File(before + done.output, is_executable))
        return Done()

    # -- words --------------------------------------------------------------------------------------------------------

    def _fields(self, word: Word) -> list[str]:
        """What a word becomes: unquoted variables are split at blanks."""
        fields: list[str] = []
        field: str | None = None
        for text, is_split in self._pieces(word):
            pieces = re.split(f"[{_BLANKS}]+", text) if is_split else [text]
            for number, piece in enumerate(pieces):
                if number and field is not None:
                    fields.append(field)
                    field = None
                if piece or not is_split:
                    field = (field or "") + piece
        return fields if field is None else [*fields, field]

    def _pieces(self, word: Word) -> list[tuple[str, bool]]:
        """The parts of a word, expanded, each with whether it is split. Patterns of file names are refused."""
        pieces = []
        for part in word:
            text = part.text if isinstance(part, Literal) else self._value(part)
            is_bracket = len(word) == 1 and isinstance(part, Literal) and text in ("[", "]")
            if not (part.quoted or is_bracket) and _GLOB.search(text):
                raise Unsupported(f"a pattern: {text}")
            pieces.append((text, not part.quoted and not isinstance(part, Literal)))
        return pieces

    def _unsplit(self, word: Word) -> str:
        """What a word becomes where it is assigned: nothing is split, and no names of files are looked for."""
        if any(isinstance(part, Literal) and not part.quoted and "~" in part.text for part in word):
            raise Unsupported("a home folder")
        return "".join(part.text if isinstance(part, Literal) else self._value(part) for part in word)

    def _succeeding(self, script: Script) -> bytes:
        """The output of a script of which nothing fails: what follows then depends on more than on `set -e`."""
        try:
            with self._subshell():
                done = self.run(script)
        except Failure:
            raise Unsupported("a substitution that fails") from None
        if not done.succeeded or b"\0" in done.output:  # bash leaves null bytes out
            raise Unsupported("a substitution that fails, or of null bytes")
        return done.output

    def _value(self, part: Variable | Substitution) -> str:
        if isinstance(part, Substitution):
            return self._succeeding(part.script).decode("utf-8", "surrogateescape").rstrip("\n")
        if part.name not in self.variables:
            raise Unsupported(f"the variable {part.name}")
        return self.variables[part.name]


def _program_name(word: str, places: Places) -> str:
    """The name of a program, where it is one of the shell's PATH, or of a package that is known to have it."""
    folder, _, name = word.rpartition("/")
    if not folder:
        return name
    package = store_name(folder.removesuffix("/bin"))
    return name if any(f"{package}-".startswith(f"{known}-") for known in _PACKAGES.get(name, ("coreutils",))) else word
