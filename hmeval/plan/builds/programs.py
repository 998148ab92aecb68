"""The programs that builds of a few lines are made of, each as far as what it does is certain."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from hmeval.plan.builds.jq import jq_text
from hmeval.plan.builds.places import UNKNOWN, File, Folder, Link
from hmeval.plan.builds.shell import Done, Failure, Program, Shell
from hmeval.plan.builds.syntax import Unsupported, parse

_HOOKS = {f"{when}{phase}" for when in ("pre", "post") for phase in ("Build", "Check", "Install")}
_MODES = {"+x": True, "a+x": True, "755": True, "0755": True, "555": True, "-x": False, "644": False, "0644": False}


def _nothing(shell: Shell, arguments: Sequence[str]) -> Done:
    return Done()


def _fail(shell: Shell, arguments: Sequence[str]) -> Done:
    return Done(False)


def _exit(shell: Shell, arguments: Sequence[str]) -> Done:
    if list(arguments) in ([], ["0"]):
        raise Unsupported("an early end")
    raise Failure("exit")


def _run_hook(shell: Shell, arguments: Sequence[str]) -> Done:
    """A hook: those of variables are refused, and the tools that are let through define none."""
    if len(arguments) != 1 or arguments[0] not in _HOOKS:
        raise Unsupported(f"the hook {' '.join(arguments)}")
    return Done()


def _eval(shell: Shell, arguments: Sequence[str]) -> Done:
    try:
        return shell.run(parse(" ".join(arguments)))._replace(is_excused=False)
    except Failure:
        raise Unsupported("shell code that fails") from None


def _check_syntax(shell: Shell, arguments: Sequence[str]) -> Done:
    if "-n" not in arguments[:1]:
        raise Unsupported("a script")
    return Done()


def _grep(shell: Shell, arguments: Sequence[str]) -> Done:
    """It succeeds or not, and prints something only where it does."""
    if any(re.match("-[A-Za-z]*[cL]|--[cf]", word) for word in arguments):
        raise Unsupported("a count of grep")
    return Done(None)


def _test(shell: Shell, arguments: Sequence[str]) -> Done:
    if len(arguments) == 2 and arguments[0] in ("-n", "-z"):
        return Done(bool(arguments[1]) == (arguments[0] == "-n"))
    if len(arguments) == 2 and arguments[0] == "-e":
        return Done(shell.places.exists(arguments[1]))
    if len(arguments) == 3 and arguments[1] in ("=", "==", "!=") and not any(UNKNOWN in word for word in arguments):
        return Done((arguments[0] == arguments[2]) == (arguments[1] != "!="))
    raise Unsupported(f"the test {' '.join(arguments)}")


def _bracket(shell: Shell, arguments: Sequence[str]) -> Done:
    if arguments[-1:] != ["]"]:
        raise Unsupported("a test without an end")
    return _test(shell, arguments[:-1])


def _echo(shell: Shell, arguments: Sequence[str]) -> Done:
    ends = b"\n"
    if arguments[:1] == ["-n"]:
        ends, arguments = b"", arguments[1:]
    if arguments and re.fullmatch("-[neE]+", arguments[0]):
        raise Unsupported("flags of echo")
    return Done(True, _bytes(" ".join(arguments)) + ends)


def _printf(shell: Shell, arguments: Sequence[str]) -> Done:
    if len(arguments) != 2 or arguments[0] not in ("%s", "%s\\n"):
        raise Unsupported("a format of printf")
    return Done(True, _bytes(arguments[1]) + (b"\n" if arguments[0].endswith("n") else b""))


def _cat(shell: Shell, arguments: Sequence[str]) -> Done:
    return Done(True, b"".join(shell.places.file(name).content for name in _no_flags(arguments, 1)))


def _dirname(shell: Shell, arguments: Sequence[str]) -> Done:
    (path,) = _no_flags(arguments, 1, most=1)
    if not path.startswith("/") or path.rstrip("/") != path:
        raise Unsupported(f"the folder of {path}")
    return Done(True, _bytes(f"{posixpath.dirname(path)}\n"))


def _basename(shell: Shell, arguments: Sequence[str]) -> Done:
    (path,) = _no_flags(arguments, 1, most=1)
    if not posixpath.basename(path):
        raise Unsupported(f"the name of {path}")
    return Done(True, _bytes(f"{posixpath.basename(path)}\n"))


def _mkdir(shell: Shell, arguments: Sequence[str]) -> Done:
    if arguments[:1] != ["-p"]:
        arguments = [_only_new(shell, name) for name in _no_flags(arguments, 1)]
    else:
        arguments = _no_flags(arguments[1:], 1)
    for name in arguments:
        shell.places.make_folders(name)
    return Done()


def _only_new(shell: Shell, name: str) -> str:
    if posixpath.dirname(name) != posixpath.dirname(shell.variables["out"]) or shell.places.get(name) is not None:
        raise Unsupported(f"mkdir {name}")
    return name


def _touch(shell: Shell, arguments: Sequence[str]) -> Done:
    for name in _no_flags(arguments, 1):
        if not isinstance(shell.places.get(name), File | Folder):
            shell.places.put(name, File(b""))
    return Done()


def _move(shell: Shell, arguments: Sequence[str]) -> Done:
    source, target = _no_flags(arguments, 2, most=2)
    moved = shell.places.get(source)
    if not isinstance(moved, File):
        raise Unsupported(f"moving {source}")
    target = _other_destination(shell, source, target)
    shell.places.remove(source)
    shell.places.put(target, moved)
    return Done()


def _copy(shell: Shell, arguments: Sequence[str]) -> Done:
    flags = [word for word in arguments if word.startswith("-")]
    if not set(flags) <= {"-f", "-L", "--no-preserve=mode"}:
        raise Unsupported(f"cp {' '.join(flags)}")
    source, target = _no_flags([word for word in arguments if word not in flags], 2, most=2)
    content, executable = shell.places.file(source)
    target = _other_destination(shell, source, target)
    there = shell.places.get(target)
    if isinstance(there, File):  # its mode stays
        executable = there.executable
    shell.places.put(target, File(content, executable and "--no-preserve=mode" not in flags))
    return Done()


def _link(shell: Shell, arguments: Sequence[str]) -> Done:
    flags = [word for word in arguments if word.startswith("-")]
    if not flags or not set(flags) <= {"-s", "-sf", "-f"} or flags == ["-f"]:
        raise Unsupported(f"ln {' '.join(flags)}")
    source, target = _no_flags([word for word in arguments if word not in flags], 2, most=2)
    if not source:
        raise Unsupported("a link to nothing")
    shell.places.put(_destination(shell, source, target), Link(source))
    return Done()


def _destination(shell: Shell, source: str, target: str) -> str:
    """Where cp, mv and ln put something: into a folder that is there."""
    is_folder = isinstance(shell.places.get(target.rstrip("/")), Folder)
    return f"{target.rstrip('/')}/{posixpath.basename(source)}" if is_folder else target


def _other_destination(shell: Shell, source: str, target: str) -> str:
    """Where cp and mv put something, which may not be where it is."""
    target = _destination(shell, source, target)
    if shell.places.same(source, target):
        raise Unsupported(f"{source} over itself")
    return target


def _change_mode(shell: Shell, arguments: Sequence[str]) -> Done:
    mode, *names = arguments
    for name in _no_flags(names, 1):
        node = shell.places.get(name)
        if not isinstance(node, File) or mode not in _MODES:
            raise Unsupported(f"chmod {mode} {name}")
        shell.places.put(name, File(node.content, _MODES[mode]))
    return Done()


def _substitute(shell: Shell, arguments: Sequence[str]) -> Done:
    """The stdenv's `substitute`: replacements one after the other, each in what the last one left."""
    source, target, *replacements = arguments
    text = shell.places.file(source).content
    if b"\0" in text or len(replacements) % 3:
        raise Unsupported("a file with null bytes")
    if shell.places.get(target) is not None:
        raise Unsupported(f"substitute over {target}")
    for name in ("pattern", "replacement"):  # the function's own, which are not local
        shell.variables.pop(name, None)
    shell.places.put(target, File(b""))
    for flag, pattern, replacement in zip(*[iter(replacements)] * 3, strict=True):
        if flag not in ("--replace-fail", "--replace-quiet", "--replace-warn") or not pattern:
            raise Unsupported(f"substitute {flag}")
        if flag == "--replace-fail" and _bytes(pattern) not in text:
            return Done(False)
        text = text.replace(_bytes(pattern), _bytes(replacement))
    shell.places.put(target, File(text))
    return Done()


def _jq(shell: Shell, arguments: Sequence[str]) -> Done:
    """`jq . FILE`, and `jq .name` of the file of structured attributes."""
    query, path = _no_flags(arguments, 2, most=2)
    document = shell.documents.get(path)
    if document is not None and re.fullmatch(r"\.[a-z]+", query) and query != ".outputs":  # there they are paths
        value = document.get(query[1:])
    elif document is None and query == ".":
        value = _json(shell.places.file(path).content)
    else:
        raise Unsupported(f"jq {query}")
    text = jq_text(value)
    if text is None:
        raise Unsupported("numbers that jq may print in several ways")
    return Done(True, text.encode())


def _json(content: bytes) -> object:
    """The value in a file of JSON. Raises Unsupported, and ValueError where it is none."""
    try:
        return json.loads(content, parse_float=Decimal, parse_int=_integer)
    except RecursionError:
        raise Unsupported("a deep value") from None


def _integer(digits: str) -> int:
    if digits == "-0":
        raise Unsupported("a zero whose sign jq keeps")
    return int(digits)


def _no_flags(words: Sequence[str], least: int, most: int | None = None) -> Sequence[str]:
    if any(word.startswith("-") for word in words) or not least <= len(words) <= (most or len(words)):
        raise Unsupported(f"the arguments {' '.join(words)}")
    return words


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


PROGRAMS: Mapping[str, Program] = {
    ":": _nothing,
    "[": _bracket,
    "basename": _basename,
    "bash": _check_syntax,
    "cat": _cat,
    "chmod": _change_mode,
    "cp": _copy,
    "dirname": _dirname,
    "echo": _echo,
    "eval": _eval,
    "exit": _exit,
    "false": _fail,
    "grep": _grep,
    "jq": _jq,
    "ln": _link,
    "mkdir": _mkdir,
    "mv": _move,
    "printf": _printf,
    "runHook": _run_hook,
    "sh": _check_syntax,
    "shellcheck": _nothing,
    "substitute": _substitute,
    "test": _test,
    "touch": _touch,
    "true": _nothing,
}
