"""Policy: hostile expressions get nothing out, whichever engine; and plain Nix would have given it."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hmeval import Policy
from tests.native.programs import nix_version

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples/standalone"

Instantiate = Callable[..., Any]
Program = Callable[..., str]

SECRET = "the-secret-itself"

# What a user's configuration could say, and must count without a policy alone.
USERS_CONFIGURATION = """
allow-unsafe-native-code-during-evaluation = true
restrict-eval = false
allow-import-from-derivation = true
allowed-uris = / file:// path: http:// git+file: tarball+file:
"""

# In a process of its own: argv is a JSON object with `policy` (null or arguments) and `expressions`; prints what each
# of them answers.
EVALUATE = """
import json, sys
from hmeval import EvaluationError, Evaluator, Policy
given = json.loads(sys.argv[1])
evaluator = Evaluator(policy=given["policy"] and Policy(**given["policy"]))
answers = {}
for name, expression in given["expressions"].items():
    try:
        answers[name] = {"value": repr(evaluator.eval(expression).to_python())}
    except EvaluationError as error:
        answers[name] = {"error": repr((str(error), error.kind, error.trace))}
print(json.dumps(answers))
"""


class Place(NamedTuple):
    """What the attacker sees (`root`), and what is hidden beside it."""

    root: Path
    hidden: Path
    stored: str  # the secret's copy in the store


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, nix_instantiate: Instantiate) -> Place:
    """A folder that is a root, with links that lead out of it."""
    folder = tmp_path_factory.mktemp("policy").resolve()
    root, hidden = folder / "root", folder / "hidden"
    for made in (root, root / "%2e%2e/hidden", hidden / "flake", hidden / "repository"):
        made.mkdir(parents=True)
    (root / "open.nix").write_text('"open"')
    (root / "link").symlink_to("../hidden/secret")
    (root / "folder").symlink_to(hidden)
    (root / "absolute").symlink_to(hidden / "secret")
    (root / "%2e%2e/hidden/secret").write_text("decoy")
    (hidden / "secret").write_text(SECRET)
    (hidden / "secret.nix").write_text(f'"{SECRET}"')
    (hidden / "flake/flake.nix").write_text(f'{{ outputs = {{ self }}: {{ x = "{SECRET}"; }}; }}')
    with tarfile.open(hidden / "secret.tar", "w") as archive:
        archive.add(hidden / "secret", "top/secret")
    (hidden / "repository/secret").write_text(SECRET)
    git = ["git", "-C", hidden / "repository", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "secret"]):
        subprocess.run([*map(str, git), *command], check=True, capture_output=True)
    stored = nix_instantiate(f'"${{{hidden}/secret}}"')
    return Place(root, hidden, stored)


def build(place: Place) -> str:
    """An import from a derivation, which could read what it likes."""
    command = f"read x < {place.hidden}/secret.nix; echo $x > $out"
    return (
        'import (derivation { name = "d"; system = builtins.currentSystem; builder = "/bin/sh"; '
        f'args = [ "-c" "{command}" ]; }})'
    )


def corpus(place: Place) -> dict[str, str]:
    """Hostile expressions: plain Nix evaluates each of them, and gives something away."""
    root, hidden, stored = place
    secret = f"{hidden}/secret"
    context = f'{{ "{stored}".path = true; }}'
    tree = "builtins.readFile ((builtins.fetchTree"
    return {
        "path": f"builtins.readFile {secret}",
        "string": f'builtins.readFile "{secret}"',
        "dots": f'builtins.readFile "{root}/../hidden/secret"',
        "link": f"builtins.readFile {root}/link",
        "linked folder": f"builtins.readFile {root}/folder/secret",
        "import": f"import {hidden}/secret.nix",
        "import by a link": f"import {root}/folder/secret.nix",
        "scopedImport": f"scopedImport {{ }} {hidden}/secret.nix",
        "readDir": f"builtins.readDir {hidden}",
        "readDir by a link": f'builtins.readDir "{root}/folder/."',
        "readFileType": f"builtins.readFileType {secret}",
        "pathExists": f"builtins.pathExists {secret}",
        "pathExists by a link": f"builtins.pathExists {root}/folder/secret",
        "hashFile": f'builtins.hashFile "sha256" {secret}',
        "interpolation": f'"${{{secret}}}"',
        "concatenation": f'"" + {secret}',
        "toJSON": f"builtins.toJSON {secret}",
        "builtins.path": f"builtins.path {{ path = {hidden}; }}",
        "builtins.path with a filter": f"builtins.path {{ path = {hidden}; filter = path: type: true; }}",
        "filterSource": f"builtins.filterSource (path: type: true) {hidden}",
        "a copied link, followed": f'builtins.readFile "${{{root}}}/absolute"',
        "toFile": f'builtins.toFile "a" "${{{secret}}}"',
        "derivation": f'(derivation {{ name = "a"; system = "b"; builder = "c"; src = {secret}; }}).drvPath',
        "findFile": f'builtins.findFile [ {{ prefix = "x"; path = "{hidden}"; }} ] "x/secret"',
        "findFile of a link": f'builtins.findFile [ {{ prefix = ""; path = "{root}/folder"; }} ] "secret"',
        "angle brackets": f'let __nixPath = [ {{ prefix = ""; path = "{hidden}"; }} ]; in <secret>',
        "findFile of a URI": f'builtins.findFile [ {{ prefix = ""; path = "file://{hidden}/secret.tar"; }} ] "secret"',
        "the store": f"builtins.readFile {stored}",
        "the store, with a context": f'builtins.readFile (builtins.appendContext "{stored}" {context})',
        "the store, by storePath": f"builtins.readFile (builtins.storePath {stored})",
        "storeDir": "builtins.readDir builtins.storeDir",
        "fetchurl": f'builtins.fetchurl "file://{secret}"',
        "fetchurl of a link": f'builtins.fetchurl "file://{root}/link"',
        "fetchurl with escapes": f'builtins.fetchurl "file://{root}/%2e%2e/hidden/secret"',
        "fetchTarball": f'builtins.fetchTarball "file://{hidden}/secret.tar"',
        "fetchTarball of a link": f'builtins.fetchTarball "file://{root}/folder/secret.tar"',
        "fetchGit of a path": f"builtins.fetchGit {hidden}/repository",
        "fetchGit of a string": f'builtins.fetchGit "{hidden}/repository"',
        "fetchGit of a link": f'builtins.fetchGit {{ url = "{root}/folder/repository"; }}',
        "fetchGit of a URI": f'builtins.fetchGit {{ url = "file://{hidden}/repository"; }}',
        "fetchTree of a path": f'{tree} {{ type = "path"; path = "{hidden}"; }}) + "/secret")',
        "fetchTree of a linked path": f'builtins.fetchTree {{ type = "path"; path = "{root}/folder"; }}',
        "fetchTree of git": f'builtins.fetchTree {{ type = "git"; url = "file://{hidden}/repository"; }}',
        "fetchTree of git, by a string": f'builtins.fetchTree "git+file://{hidden}/repository"',
        "fetchTree of a tarball": f'builtins.fetchTree {{ type = "tarball"; url = "file://{hidden}/secret.tar"; }}',
        "getFlake": f'(builtins.getFlake "path:{hidden}/flake").x',
        "parseFlakeRef": f'builtins.parseFlakeRef "{hidden}/repository"',
        "environment": 'builtins.getEnv "THE_SECRET"',
        "exec": f'builtins.exec [ "cat" "{hidden}/secret.nix" ]',
        "importNative": "builtins.importNative",
        "PATH": 'builtins.getEnv "PATH"',
    }


def unproven(place: Place) -> dict[str, str]:
    """More of them, that need a program, a service or an engine which is not at hand: plain Nix may refuse them."""
    root, hidden, stored = place
    return {
        "fetchMercurial": f'builtins.fetchMercurial "{hidden}"',
        "fetchMercurial of a root": f'builtins.fetchMercurial "{root}/folder"',
        "fetchTree of a file": f'builtins.fetchTree {{ type = "file"; url = "file://{root}/link"; }}',
        "fetchTree of a path, by a string": f'builtins.fetchTree "path:{hidden}"',
        "out of a linked folder": f'builtins.readFile "{root}/folder/../hidden/secret"',
        "findFile with dots": f'builtins.findFile [ {{ prefix = ""; path = "{root}"; }} ] "../hidden/secret"',
        "getFlake of a link": f'(builtins.getFlake "path:{root}/folder/flake").x',
        "fetchTree of mercurial": f'builtins.fetchTree {{ type = "hg"; url = "file://{hidden}"; }}',
        "fetchClosure": f'builtins.fetchClosure {{ fromStore = "http://localhost:1"; fromPath = {stored}; }}',
        "fetchurl of a path": f'builtins.fetchurl "{root}/link"',
        "a copied link": f'builtins.readFile "${{{root}/link}}"',
        "a copied folder": f'builtins.readFile "${{{root}}}/folder/secret"',
        "a copied folder, by builtins.path": f'builtins.readFile "${{builtins.path {{ path = {root}; }}}}/link"',
        "a link below": f'builtins.path {{ path = "{root}/folder/secret"; }}',
        "the type of a link": f"builtins.readFileType {root}/folder/secret",
        "built": build(place),
        "a registry's flake": 'builtins.getFlake "nixpkgs"',
        "corepkgs": f'builtins.readFile "/__corepkgs__/../{hidden}/secret"',
        "the process": 'builtins.readFile "/proc/self/environ"',
        "the root of all": "builtins.readFile /etc/passwd",
    }


def answers(place: Place, expressions: dict[str, str], policy: dict[str, Any] | None) -> dict[str, Any]:
    """What a process answers, under a policy or under none; its own words are looked at as well."""
    configuration = place.hidden / "nix.conf"
    configuration.write_text(USERS_CONFIGURATION)
    users = {"NIX_USER_CONF_FILES": str(configuration), "NIX_CONFIG": USERS_CONFIGURATION, "THE_SECRET": SECRET}
    given = json.dumps({"policy": policy, "expressions": expressions})
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", EVALUATE, given],
        env=os.environ | users,
        cwd=place.root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    if policy is not None:
        assert SECRET not in done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_hostile_expressions_get_nothing_out(place: Place) -> None:
    hostile = corpus(place)
    allowed = answers(place, hostile, None)
    refused = answers(place, hostile | unproven(place), {"roots": [str(place.root)]})
    nothing = {"False", "''"}
    # Since 2.34 nobody lists the store's folder.
    denied = set() if nix_version() < (2, 34) else {"storeDir"}
    assert {name for name, said in allowed.items() if "error" in said} == denied
    assert all(re.search("is not (in the Nix store|a valid store path)", allowed[name]["error"]) for name in denied)
    assert {name for name, said in allowed.items() if said.get("value") in nothing} == set()
    assert {name for name in hostile if refused[name].get("value", "''") not in nothing} == listed()


def listed() -> set[str]:
    """Before 2.34 the C API's Nix lets the store's folder be listed once something is copied: names, no contents."""
    return {"storeDir"} if (2, 20) <= nix_version() < (2, 34) else set()


@pytest.fixture
def worker_program(tmp_path: Path) -> str:
    """The same in a worker, which knows nothing of who started it."""
    return EVALUATE.replace("Evaluator(policy", "Worker(policy").replace("Evaluator, Policy", "Policy, Worker")


def test_a_worker_keeps_to_its_policy(place: Place, worker_program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is replaced: the process that follows the one that was killed has the policy, too."""
    monkeypatch.setattr(sys.modules[__name__], "EVALUATE", worker_program)
    crash = {"crash": 'let x = { outPath = x; }; in "${x}"'}
    home = {"home": "toString ~/."}
    hostile = corpus(place)
    refused = answers(place, hostile | crash | unproven(place) | home, {"roots": [str(place.root)]})
    assert {name for name in hostile if refused[name].get("value", "''") not in {"False", "''"}} == listed()
    assert "stack-overflow" in refused["crash"]["error"]
    assert os.environ["HOME"] not in refused["home"]["value"]


def test_import_from_derivation(place: Place, nix_instantiate: Instantiate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nix 2.8 builds nothing here at all, so it is its own program that shows what plain Nix does."""
    monkeypatch.setenv("NIX_CONFIG", "sandbox = false")
    assert nix_instantiate(build(place)) == SECRET
    for policy in ({"roots": [str(place.root)]}, {"restricted": False, "network": True}):
        (said,) = answers(place, {"built": build(place)}, policy).values()
        assert "allow-import-from-derivation" in said["error"] or "is not valid" in said["error"]


def test_what_stays_allowed(place: Place) -> None:
    expressions = {
        "a file": f"import {place.root}/open.nix",
        "a folder": f'builtins.attrNames (builtins.readDir "{place.root}")',
        "exists": f"builtins.pathExists {place.root}/open.nix",
        "type": f"builtins.readFileType {place.root}/open.nix",
        "lookup": f'import (builtins.findFile [ {{ prefix = "a"; path = "{place.root}"; }} ] "a/open.nix")',
        "not found": 'builtins.tryEval (builtins.findFile [ { prefix = ""; path = ./.; } ] "missing")',
        "time": "builtins.typeOf builtins.currentTime",
        "fetchurl": "<nix/fetchurl.nix>",
        "copy": f'builtins.typeOf "${{{place.root}/open.nix}}"',
        "a copy that is read": f'import "${{{place.root}}}/open.nix"',
    }
    said = answers(place, expressions, {"roots": [str(place.root)]})
    assert {name: answer.get("value", answer) for name, answer in said.items()} == {
        "a file": repr("open"),
        "a folder": repr(["%2e%2e", "absolute", "folder", "link", "open.nix"]),
        "exists": "True",
        "type": repr("regular"),
        "lookup": repr("open"),
        "not found": repr({"success": False, "value": False}),
        "time": repr("int"),
        "copy": repr("string"),
        "a copy that is read": repr("open"),
        "fetchurl": said["fetchurl"].get("value"),
    }


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """A web server on this machine: its port, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    made = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made.server_address[1], asked
    made.shutdown()
    thread.join()
    made.server_close()


def test_the_network(place: Place, server: tuple[int, list[str]]) -> None:
    """What is sent there could be anything that the code has read."""
    port, asked = server
    url = f"http://127.0.0.1:{port}"
    expressions = {
        "fetchurl": f'builtins.fetchurl "{url}/fetchurl"',
        "fetchTarball": f'builtins.fetchTarball "{url}/fetchTarball.tar"',
        "fetchTree": f'builtins.fetchTree {{ type = "tarball"; url = "{url}/fetchTree.tar"; }}',
        "fetchGit": f'builtins.fetchGit "{url}/fetchGit"',
        "findFile": f'builtins.findFile [ {{ prefix = ""; path = "{url}/findFile.tar"; }} ] "a"',
        "getFlake": f'builtins.getFlake "{url}/getFlake.tar.gz"',
    }

    def reached(policy: dict[str, Any] | None) -> set[str]:
        asked.clear()
        answers(place, expressions, policy)
        return {name for name in expressions if any(f"/{name}" in path for path in asked)}

    assert reached(None) == set(expressions)
    assert reached({"roots": [str(place.root)]}) == set()
    assert reached({"network": True}) == {"fetchurl", "fetchTarball", "fetchTree", "fetchGit"}


def test_fetchers_with_a_network_read_no_files(place: Place) -> None:
    fetching = {name: text for name, text in (corpus(place) | unproven(place)).items() if "fetch" in name.lower()}
    said = answers(place, fetching, {"network": True, "roots": [str(place.root)]})
    assert {name for name, answer in said.items() if "value" in answer} == set()
    assert len(said) > 15


def test_a_policy_without_restriction_leaves_files_readable(place: Place) -> None:
    """And takes nothing from the user's configuration: native code stays off."""
    expressions = {"file": f"builtins.readFile {place.root}/open.nix", "exec": "builtins ? exec"}
    said = answers(place, expressions, {"restricted": False, "network": True})
    assert said == {"file": {"value": repr('"open"')}, "exec": {"value": "False"}}


def test_one_policy_in_a_process(program: Program, tmp_path: Path) -> None:
    printed = program(
        """
        import sys
        from hmeval import EngineError, Evaluator, Policy
        first = Evaluator(policy=Policy(roots=[sys.argv[1]]))
        for policy in (Policy(), Policy(roots=[sys.argv[1]], network=True), None):
            try:
                Evaluator(policy=policy)
            except EngineError as error:
                print(error)
        print(Evaluator(policy=Policy(roots=[sys.argv[1]])).eval("1").to_python())
        """,
        str(tmp_path),
    )
    *refused, last = printed.splitlines()
    assert len(refused) == 3
    assert all("another process" in line for line in refused)
    assert last == "1"


def test_no_policy_after_an_engine_without_one(program: Program) -> None:
    printed = program("""
        from hmeval import EngineError, Evaluator, Policy
        Evaluator().close()
        try:
            Evaluator(policy=Policy())
        except EngineError as error:
            print(error)
    """)
    assert "another process" in printed


@pytest.mark.parametrize("policy", ["None", "Policy()"])
def test_the_environment_is_left_as_it_was(program: Program, policy: str) -> None:
    """Programs that the host starts inherit nothing of the engine's settings."""
    printed = program(
        f"""
        import os
        from hmeval import Evaluator, Policy
        before = dict(os.environ)
        Evaluator(policy={policy}).eval("1")
        print(dict(os.environ) == before, "NIX_CONFIG" in before)
        """
    )
    assert printed.split() == ["True", "False"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("restrict-eval", "false"),
        ("allow-unsafe-native-code-during-evaluation", "true"),
        ("allowed-uris", "file:// path: file+local:"),
    ],
)
def test_the_canary_finds_an_engine_that_does_not_keep_to_its_policy(
    program: Program, setting: str, value: str
) -> None:
    """With one setting that the policy relies on taken away."""
    printed = program(
        """
        import sys
        from hmeval import EngineError, Evaluator, Policy
        given = Policy.settings
        Policy.settings = lambda self, interface: given(self, interface) | {sys.argv[1]: sys.argv[2]}
        try:
            Evaluator(policy=Policy(network=True))
        except EngineError as error:
            print(error)
        """,
        setting,
        value,
    )
    assert "does not keep to the policy" in printed


def test_modules_under_a_policy(program: Program) -> None:
    """What hmeval itself is made of can be read: the stand-ins for nixpkgs and Home Manager."""
    printed = program(
        """
        import sys
        from pathlib import Path
        from hmeval import Evaluator, Policy
        from hmeval.options.extract import VALUES, extract_options
        from hmeval.targets.home_file import home_file_target
        target = home_file_target(Path(sys.argv[1], "home.nix"), offline=True)
        evaluator = Evaluator(policy=Policy(roots=[sys.argv[1]]))
        records = extract_options(evaluator, evaluator.eval(target.expression)["options"], VALUES)
        print(len(records), sum("restricted mode" in str(record) for record in records))
        """,
        str(EXAMPLES),
    )
    count, refused = map(int, printed.split())
    assert count > 200
    assert refused == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"roots": ["/"]},
        {"roots": ["/proc/self/root"]},
        {"roots": ["/nowhere/at/all"]},
        {"restricted": False},
        {"restricted": False, "network": True, "roots": ["/tmp"]},
    ],
)
def test_policies_that_would_promise_too_much(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"root|restricted"):
        Policy(**arguments)


def test_policies_are_values(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert Policy(roots=[tmp_path]) == Policy(roots=(str(tmp_path),))
    assert Policy(roots=[tmp_path / "link"]).roots == (str(tmp_path / "link"), str(tmp_path.resolve()))
    assert Policy() != Policy(network=True)
    assert hash(Policy()) == hash(Policy())
