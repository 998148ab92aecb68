"""What the language server takes, over standard input and output, at the real Home Manager's options and at 25,000."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benches.bench_options import isolate, sources
from hmeval.lsp.syntax import Syntax

REQUESTS, STARTS = 300, 5
GOAL, REPARSE_GOAL = 10.0, 5.0  # milliseconds: of an answer, and of an edit's parse
MADE = 25_000

HOME = '{ home.username = "a"; home.homeDirectory = "/home/a"; home.stateVersion = "26.05"; %s }'
MADE_OPTIONS = """
{ lib, ... }:
{
  options.made = lib.genAttrs (map (n: "set${toString n}") (lib.range 1 %d)) (set: lib.genAttrs
    (map (n: "option${toString n}") (lib.range 1 50))
    (name: lib.mkOption { type = lib.types.nullOr lib.types.bool; default = null; description = "${set}.${name}."; }));
}
"""


class Server:
    """A language server, and what an editor says to it."""

    def __init__(self, folder: Path, target: str) -> None:
        command = [sys.executable, "-m", "hmeval", "lsp"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._number = 0
        self.uri = (folder / "home.nix").as_uri()
        settings = {"target": target, "trust": "always", "evaluation": {"memory": 8 * 2**30}}
        # As VS Code, Neovim and Helix have them.
        completion = {"completionItem": {"snippetSupport": True}, "completionList": {"itemDefaults": ["editRange"]}}
        capabilities = {"textDocument": {"completion": completion}}
        given = {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities}
        self.ask("initialize", given | {"initializationOptions": settings})
        self.tell("initialized", {})

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """Send a request, and wait for its answer."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while (message := self._receive()).get("id") != self._number or "method" in message:
            pass
        if "error" in message:
            raise RuntimeError(message["error"])
        return message["result"]

    def open(self, text: str) -> None:
        """Open the document."""
        document = {"uri": self.uri, "languageId": "nix", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def at(self, method: str, line: int, column: int) -> Any:
        """A request about a position in the document."""
        place = {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": column}}
        return self.ask(method, place)

    def end(self) -> None:
        """End the server."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.process.wait()

    def _send(self, message: Any) -> None:
        assert self.process.stdin is not None
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> Any:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))


def milliseconds(server: Server, method: str, places: list[tuple[int, int]]) -> list[float]:
    """How long each request takes, the shortest first."""
    taken = []
    for number in range(REQUESTS):
        line, column = places[number % len(places)]
        began = time.perf_counter()
        server.at(method, line, column)
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def report(name: str, taken: list[float], goal: float) -> bool:
    """Print a line of the table; whether the goal is met."""
    high = taken[int(len(taken) * 0.95)]
    mark = "" if high <= goal else f"  over {goal:.0f} ms"
    print(f"{name:46}{statistics.median(taken):8.2f}{high:8.2f}{mark}", flush=True)
    return high <= goal


def latencies(title: str, folder: Path, target: str, names: tuple[str, str]) -> tuple[bool, int]:
    """Completion and hover in a document of the configuration, once its options are known; how many are in a set."""
    holder, option = names
    text = f'{{\n  {option} = null;\n  {holder}.\n  x = 1;\n  \n  home.use\n  home.username = "a";\n}}\n'
    server = Server(folder, target)
    server.open(text)
    began = time.perf_counter()
    while "Value" not in (told := json.dumps(server.at("textDocument/hover", 6, 9))) or "*From" in told:
        time.sleep(0.05)
    print(f"{title}: options known after {time.perf_counter() - began:.1f} s")
    met = report(
        "  completion below a set", milliseconds(server, "textDocument/completion", [(2, len(holder) + 3)]), GOAL
    )
    met &= report("  completion of a name", milliseconds(server, "textDocument/completion", [(5, 10), (5, 9)]), GOAL)
    met &= report("  hover", milliseconds(server, "textDocument/hover", [(6, 9), (1, len(option))]), GOAL)
    count = len(server.at("textDocument/completion", 2, len(holder) + 3)["items"])
    server.end()
    return met, count


def reparsing() -> bool:
    """An edit's parse in the middle of a file of 2,000 lines: a hundred sets, and, the worst case, one set alone."""
    lines = [f'home.file."file{n}" = {{ text = "line {n}"; executable = true; }};' for n in range(2000)]
    sets = [["programs.a = {", *lines[start : start + 18], "};"] for start in range(0, 2000, 20)]
    met = report("re-parse of 2,000 lines", edits([line for one in sets for line in one]), REPARSE_GOAL)
    report("  all of them in one set", edits(lines), REPARSE_GOAL)
    return met


def edits(lines: list[str]) -> list[float]:
    """How long each edit takes, the shortest first."""
    syntax = Syntax("\n".join(["{", *lines, "}"]))
    taken = []
    for number in range(REQUESTS):
        began = time.perf_counter()
        syntax.replace((1000, 10), (1000, 10 + number % 2), "x" * (1 - number % 2))
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def starts(folder: Path, target: str, line: str, count: int) -> None:
    """The server's start, up to the first completion of options that were kept, beside the bare import of pygls."""
    bare, whole, first = [], [], []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import pygls.lsp.server"], check=True)
        bare.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        server = Server(folder, target)
        whole.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        server.open(f"{{ {line} }}\n")
        found = server.at("textDocument/completion", 0, 2 + len(line))
        first.append((time.perf_counter() - began) * 1000)
        assert len(found["items"]) == count, f"these are not the kept ones: {len(found['items'])}, not {count}"
        server.end()
    over = statistics.median(whole) - statistics.median(bare)
    print(f"import of pygls {statistics.median(bare):.0f} ms; the server's start {over:.0f} ms more (goal 150)")
    print(f"first completion {statistics.median(first):.0f} ms after `initialized` (goal 50)")


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    print(f"{'milliseconds':46}{'median':>8}{'p95':>8}")
    met = reparsing()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        isolate(folder)
        home_manager, nixpkgs = sources(folder)
        for title, more, names in (
            ("real Home Manager", "", ("programs", "programs.git.enable")),
            ("25,000 options", "imports = [ ./made.nix ];", ("made.set7", "made.set7.option9")),
        ):
            workspace = folder / title.split()[0]
            workspace.mkdir()
            (workspace / "home.nix").write_text(HOME % more)
            (workspace / "made.nix").write_text(MADE_OPTIONS % (MADE // 50 - 100))
            target = f"--file home.nix --home-manager {home_manager} --nixpkgs {nixpkgs}"
            is_quick, count = latencies(title, workspace, target, names)
            met &= is_quick
            starts(workspace, target, f"{names[0]}.", count)
    return 0 if met else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
