"""Evaluator, Worker and Value by the contract: what they give, what they refuse, and how they end."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval import Derivation, EngineError, EvaluationError, Evaluator, Function, NixPath, Position, Value, Worker

Program = Callable[..., str]

# An evaluation that never ends, and needs little memory; the state is the last key.
ENDLESS = "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }"


@pytest.fixture(scope="module", params=[Evaluator, Worker])
def evaluator(request: pytest.FixtureRequest) -> Iterator[Evaluator | Worker]:
    """One of each kind of evaluator for the whole file."""
    with request.param() as made:
        yield made


@pytest.fixture(params=[Evaluator, Worker])
def own(request: pytest.FixtureRequest) -> Iterator[Evaluator | Worker]:
    """An evaluator of the test's own, to be closed."""
    with request.param() as made:
        yield made


# -- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "kind", "python"),
    [
        ("1", "int", 1),
        ("1.5", "float", 1.5),
        ("true", "bool", True),
        ('"a"', "string", "a"),
        ("/a/b", "path", NixPath("/a/b")),
        ("null", "null", None),
        ("{ a = 1; }", "set", {"a": 1}),
        ("[ 1 null ]", "list", [1, None]),
        ("x: x", "lambda", Function()),
        ("builtins.add", "lambda", Function()),
    ],
)
def test_types(evaluator: Evaluator | Worker, expression: str, kind: str, python: Any) -> None:
    value = evaluator.eval(expression)
    assert value.type == kind == evaluator.eval("builtins.typeOf")(value).to_python()
    assert value.to_python() == python
    assert type(value.to_python()) is type(python)
    assert repr(value) == f"<hmeval.Value: {kind}>"
    assert bool(value)


def test_sets(evaluator: Evaluator | Worker) -> None:
    value = evaluator.eval('{ b = 1; a = 2; "é" = 3; "" = 4; B = 5; "${toString 1}" = 6; }')
    assert value.attr_names() == list(value) == ["", "1", "B", "a", "b", "é"]
    assert len(value) == 6
    assert value["é"].to_python() == 3
    assert value.get("a").to_python() == 2
    assert value.get("c") is None
    assert value.get("c", 7) == 7
    assert "" in value
    assert "c" not in value
    with pytest.raises(KeyError, match="c"):
        value["c"]


def test_lists(evaluator: Evaluator | Worker) -> None:
    value = evaluator.eval("[ 1 2 3 ]")
    assert [element.to_python() for element in value] == [1, 2, 3]
    assert (value[0].to_python(), value[-1].to_python(), value[-3].to_python()) == (1, 3, 1)
    assert len(value) == 3
    for index in (3, -4, 10**6, 2**31, 2**32, 2**40):
        with pytest.raises(IndexError):
            value[index]
    assert list(evaluator.eval("[ ]")) == []


@pytest.mark.parametrize("index", [2**64, -(2**64), 10**30])
def test_an_index_beyond_64_bits_is_an_index_error(evaluator: Evaluator | Worker, index: int) -> None:
    with pytest.raises(IndexError):
        evaluator.eval("[ 1 ]")[index]


@pytest.mark.parametrize("name", ["a\0", "\ud800"])
def test_a_name_that_no_set_can_have_is_a_missing_one(evaluator: Evaluator | Worker, name: str) -> None:
    value = evaluator.eval("{ a = 1; }")
    assert name not in value
    assert value.get(name, "default") == "default"
    with pytest.raises(KeyError):
        value[name]


@pytest.mark.parametrize("expression", ["1", '"ab"', "[ 1 ]", "null", "x: x", "/a"])
def test_what_is_no_set(evaluator: Evaluator | Worker, expression: str) -> None:
    value = evaluator.eval(expression)
    wrong: list[Callable[[], Any]] = [lambda: value["a"], lambda: value.get("a"), lambda: value.position("a")]
    for use in [*wrong, value.attr_names]:
        with pytest.raises(TypeError, match="set"):
            use()


@pytest.mark.parametrize("expression", ["1", '"ab"', "{ a = 1; }", "null", "x: x", "/a"])
def test_what_is_no_list(evaluator: Evaluator | Worker, expression: str) -> None:
    value = evaluator.eval(expression)
    with pytest.raises(TypeError, match="list"):
        value[0]
    if value.type != "set":
        with pytest.raises(TypeError):
            len(value)
        with pytest.raises(TypeError):
            list(value)


@pytest.mark.parametrize("index", [None, 1.0, slice(0, 1), b"a", ()])
def test_what_is_no_index(evaluator: Evaluator | Worker, index: Any) -> None:
    for expression in ("[ 1 2 ]", "{ a = 1; }"):
        with pytest.raises(TypeError):
            evaluator.eval(expression)[index]


def test_values_are_as_lazy_as_nix(evaluator: Evaluator | Worker) -> None:
    value = evaluator.eval('{ a = throw "a"; b = [ (throw "b") 2 ]; }')
    assert value.attr_names() == ["a", "b"]
    assert value["b"][1].to_python() == 2
    for use in (lambda: value["a"], lambda: value.get("a"), lambda: value["b"][0], value.to_python, value.show):
        with pytest.raises(EvaluationError):
            use()


def test_calls(evaluator: Evaluator | Worker) -> None:
    add = evaluator.eval("a: b: a + b")
    assert add(1)(2).to_python() == add(1, 2).to_python() == evaluator.call(add, 1, 2).to_python() == 3
    assert add("x", evaluator.eval('"y"')).to_python() == "xy"
    assert evaluator.eval("{ a, b ? 2 }: a * b")({"a": 4}).to_python() == 8
    assert evaluator.eval("{ __functor = self: x: self.y + x; y = 1; }")(2).to_python() == 3
    assert evaluator.call(add) is add
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval("1")(2)
    assert failure.value.kind == "type"
    with pytest.raises(TypeError):
        add(object())


def test_positions(evaluator: Evaluator | Worker, tmp_path: Path) -> None:
    file = tmp_path / "set.nix"
    file.write_text('{\n  a = 1;\n  b.c = throw "not asked for";\n\t"é x" = 2;\n} // { ${"made"} = 1; }\n')
    value = evaluator.eval_file(file)
    assert value.position("a") == Position(str(file), 2, 3)
    assert value.position("b") == Position(str(file), 3, 3)
    assert value["b"].position("c") == Position(str(file), 3, 3)
    assert value.position("é x") == Position(str(file), 4, 2)
    assert value.position("absent") is None
    assert evaluator.eval("builtins.listToAttrs [ ]").position("a") is None
    assert evaluator.eval("{ a = 1; }").position("a") is None


def test_values_of_another_evaluator_are_refused(evaluator: Evaluator | Worker, own: Evaluator | Worker) -> None:
    strange, identity = own.eval("{ a = 1; }"), evaluator.eval("x: x")
    uses: list[Callable[[], Any]] = [
        lambda: identity(strange),
        lambda: identity({"in": [strange]}),
        lambda: evaluator.call(own.eval("x: x"), 1),
        lambda: own.call(identity, 1),
        lambda: evaluator.value([strange]),
    ]
    for use in uses:
        with pytest.raises(EngineError, match="evaluator"):
            use()
    assert strange["a"].to_python() == identity(1).to_python() == 1


# -- files and folders ------------------------------------------------------------------------------------------------


def test_files(evaluator: Evaluator | Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a b ${x} é"
    folder.mkdir()
    (folder / "default.nix").write_text("import ./other.nix + (import ../up.nix)")
    (folder / "other.nix").write_text("40")
    (tmp_path / "up.nix").write_text("2")
    assert evaluator.eval_file(folder).to_python() == 42
    assert evaluator.eval_file(folder / "default.nix").to_python() == 42
    monkeypatch.chdir(tmp_path)
    assert evaluator.eval_file("up.nix").to_python() == 2
    assert evaluator.eval("./up.nix").to_python() == NixPath(str(tmp_path / "up.nix"))
    assert evaluator.eval("import ./other.nix", base=folder).to_python() == 40
    assert evaluator.eval("./x", base=folder.name).to_python() == NixPath(str(folder / "x"))
    assert evaluator.eval("[ ./. ../x ]", base="/a/b").to_python() == [NixPath("/a/b"), NixPath("/a/x")]


def test_files_that_cannot_be_read(evaluator: Evaluator | Worker, tmp_path: Path) -> None:
    for path in (tmp_path / "absent.nix", tmp_path):
        with pytest.raises(EvaluationError) as failure:
            evaluator.eval_file(path)
        assert failure.value.kind == "other"
        assert str(path) in failure.value.message


def test_the_lookup_path(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "default.nix").write_text(f'"{name}"')
    with Evaluator(lookup_path=[f"lib={tmp_path}/one", f"other={tmp_path}/two", f"lib={tmp_path}/two"]) as evaluator:
        assert evaluator.eval("[ (import <lib>) (import <other>) ]").to_python() == ["one", "two"]
        assert evaluator.eval("<lib/default.nix>").to_python() == NixPath(f"{tmp_path}/one/default.nix")
        with pytest.raises(EvaluationError):
            evaluator.eval("<absent>")


def test_the_lookup_path_comes_before_that_of_the_environment(program: Program, tmp_path: Path) -> None:
    for name in ("ours", "theirs", "more"):
        (tmp_path / f"{name}.nix").write_text(f'"{name}"')
    printed = program(
        """
        import sys
        from hmeval import Evaluator
        with Evaluator(lookup_path=[f"a={sys.argv[1]}/ours.nix"]) as evaluator:
            print(evaluator.eval("(import <a>) + (import <b>)").to_python())
        """,
        str(tmp_path),
        env=os.environ | {"NIX_PATH": f"a={tmp_path}/theirs.nix:b={tmp_path}/more.nix"},
    )
    assert printed == "oursmore\n"


# -- the store --------------------------------------------------------------------------------------------------------

STORE = """
    import json, os, sys
    from hmeval import Evaluator
    from hmeval.evaluation import store
    if "NO_SYSTEM_STORE" in os.environ:
        store._STATE = "/nowhere"  # whatever this machine has
    with Evaluator(**json.loads(sys.argv[1])) as evaluator:
        text = "derivation { name = ''n''; system = ''s''; builder = ''/b''; x = ./file; }"
        read = evaluator.eval(text, base=sys.argv[2]).to_python()
        print(json.dumps([read.out_path, read.drv_path, store.default_store_uri()]))
"""


def without_nix(**more: str) -> dict[str, str]:
    """The environment with nothing in it that says which store to take."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NIX_")} | {
        "NO_SYSTEM_STORE": "1",
        **more,
    }


def test_without_nix_there_is_a_private_store(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = tmp_path / "a cache é ?&="
    out, drv, uri = json.loads(program(STORE, "{}", str(tmp_path), env=without_nix(XDG_CACHE_HOME=str(cache))))
    store = cache / "hmeval/nix/store"
    assert out.startswith(f"{store}/")
    assert drv.startswith(f"{store}/")
    assert drv.endswith("-n.drv")
    assert uri.startswith("local?")
    assert (cache / "hmeval/nix").stat().st_mode & 0o077 == 0


def test_the_store_of_the_environment(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    out, drv, uri = json.loads(program(STORE, "{}", str(tmp_path)))
    assert Path(out).parent == Path(drv).parent == Path(os.environ["NIX_STORE_DIR"])
    assert uri is None


def test_a_store_that_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    uri = f"local?store={tmp_path}/s/store&state={tmp_path}/s/var&log={tmp_path}/s/log"
    out, drv, _ = json.loads(program(STORE, json.dumps({"store": uri}), str(tmp_path)))
    assert Path(out).parent == Path(drv).parent == tmp_path / "s/store"


def test_a_private_store_that_cannot_be_made(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    printed = program(
        """
        import hmeval
        from hmeval.evaluation import store
        store._STATE = "/nowhere"
        try:
            hmeval.Evaluator()
        except hmeval.EngineError as error:
            print(error)
        """,
        env=without_nix(XDG_CACHE_HOME=str(tmp_path / "file")),
    )
    assert "XDG_CACHE_HOME" in printed


@pytest.mark.parametrize("store", ["bogus://", "local?store=relative&state=x"])
def test_a_store_that_cannot_be_used(store: str) -> None:
    threads = threading.active_count()
    with pytest.raises(EngineError):
        Evaluator(store=store)
    for _ in range(100):
        if threading.active_count() == threads:
            break
        time.sleep(0.02)
    assert hmeval.Evaluator().eval("1").to_python() == 1


def test_two_evaluators_of_one_store() -> None:
    with Evaluator() as one, Evaluator() as two:
        derivation = 'derivation { name = "n"; system = "s"; builder = "/b"; }'
        read = [evaluator.eval(derivation).to_python() for evaluator in (one, two)]
    assert read[0] == read[1]
    assert isinstance(read[0], Derivation)


# -- the end ----------------------------------------------------------------------------------------------------------


def uses_of(value: Value) -> list[Callable[[], Any]]:
    """Everything that asks the evaluator."""
    by_type: dict[str, list[Callable[[], Any]]] = {
        "set": [
            *[lambda: value["a"], lambda: value.get("a"), lambda: value.position("a"), lambda: list(value)],
            *[value.attr_names, lambda: "a" in value, lambda: len(value)],
        ],
        "list": [lambda: value[0], lambda: value[-1], lambda: len(value), lambda: list(value)],
        "lambda": [lambda: value(1)],
    }
    return [*by_type.get(value.type, []), value.to_python, value.show]


@pytest.mark.parametrize("kind", [Evaluator, Worker])
def test_values_after_close_raise(kind: type[Evaluator | Worker]) -> None:
    evaluator = kind()
    values = [evaluator.eval(text) for text in ("{ a.b = 1; }", "[ 1 ]", "x: x", "1", '"a"', "/a", "null")]
    evaluator.close()
    assert evaluator.closed
    for value in values:
        for use in uses_of(value):
            with pytest.raises(EngineError, match="closed"):
                use()
        assert repr(value)
        assert bool(value)
    more: list[Callable[[], Any]] = [
        lambda: evaluator.eval("1"),
        lambda: evaluator.eval_file("/a"),
        lambda: evaluator.value(1),
        lambda: evaluator.call(values[2], 1),
        evaluator.collect_garbage,
    ]
    for use in more:
        with pytest.raises(EngineError, match="closed"):
            use()


def test_closing_twice_and_from_everywhere(own: Evaluator | Worker) -> None:
    closers = [threading.Thread(target=own.close) for _ in range(8)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(10)
    own.close()
    assert own.closed
    assert not any(closer.is_alive() for closer in closers)


def outcome(use: Callable[[], Any]) -> Any:
    try:
        return use()
    except Exception as error:
        return error


def test_closing_ends_a_running_evaluation_and_those_that_wait(own: Evaluator | Worker) -> None:
    outcomes: list[Any] = []
    waiting = [
        threading.Thread(target=lambda: outcomes.append(outcome(lambda: own.eval(ENDLESS).to_python())))
        for _ in range(4)
    ]
    for thread in waiting:
        thread.start()
    time.sleep(0.3)
    own.close()
    for thread in waiting:
        thread.join(60)
    assert not any(thread.is_alive() for thread in waiting)
    assert len(outcomes) == 4
    for error in outcomes:
        assert isinstance(error, EvaluationError | EngineError)
        assert not isinstance(error, EvaluationError) or error.kind == "interrupted"


def test_an_exception_ends_the_block_and_is_raised() -> None:
    with pytest.raises(RuntimeError, match="mine"), Evaluator() as evaluator:
        raise RuntimeError("mine")
    assert evaluator.closed


class Marker:
    """Something that a weak reference can be made to."""


def failing_use(evaluator: Evaluator) -> weakref.ref[Marker]:
    """What a failing use of the evaluator held, the error being dropped."""
    marker = Marker()

    def progress(_: int) -> None:
        raise LookupError(marker)

    with contextlib.suppress(LookupError):
        evaluator._run(lambda: progress(1))
    return weakref.ref(marker)


def test_failures_leave_no_cycles() -> None:
    """What a failed evaluation held is free as soon as its error is: values are not kept until Python collects."""
    gc.disable()
    try:
        with Evaluator() as evaluator:
            assert failing_use(evaluator)() is None
    finally:
        gc.enable()


EXITS = {
    "an open evaluator": "",
    "values": "kept = [evaluator.eval('{ a = [ 1 ]; }') for _ in range(100)]; cycle = [kept]; cycle.append(cycle)",
    "an error": "error = None\ntry:\n    evaluator.eval('throw 1')\nexcept Exception as caught:\n    error = caught",
    "a running evaluation": "threading.Thread(target=lambda: evaluator.eval(ENDLESS), daemon=True).start(); sleep(0.3)",
    "many evaluators": "more = [hmeval.Evaluator() for _ in range(5)]; [one.eval('1') for one in more]",
    "an evaluator that was dropped": "del evaluator",
    "a closed evaluator": "evaluator.close()",
    "an exit from a thread": "threading.Thread(target=sys.exit).start()",
}


@pytest.mark.parametrize("kind", ["Evaluator", "Worker"])
@pytest.mark.parametrize("case", EXITS)
def test_the_interpreter_ends_with(program: Program, case: str, kind: str) -> None:
    setup = f"import sys, threading, hmeval\nfrom time import sleep\nENDLESS = {ENDLESS!r}\n"
    use = EXITS[case].replace("hmeval.Evaluator", f"hmeval.{kind}")
    source = f"{setup}evaluator = hmeval.{kind}()\nevaluator.eval('1')\n{use}\nprint('end')\n"
    assert program(source, timeout=20).endswith("end\n")


@pytest.mark.parametrize("kind", ["Evaluator", "Worker"])
def test_daemon_threads_sleep_through_the_end(kind: str) -> None:
    """What they would print of an evaluator that is closed under them can abort the process."""
    source = f"""
        import threading, time, hmeval
        evaluator = hmeval.{kind}()
        def wait():
            evaluator.eval({ENDLESS!r})
        def go_on():
            while True:
                evaluator.eval("1")
        for use in (wait, go_on, go_on, go_on):
            threading.Thread(target=use, daemon=True).start()
        time.sleep(0.3)
    """
    command = [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_exit_code_is_the_programs(program: Program) -> None:
    program("import sys, hmeval\nkept = hmeval.Evaluator().eval('1')\nsys.exit(3)", code=3)


def test_processes_that_make_one_store_at_the_same_time(tmp_path: Path) -> None:
    """Nix itself ends with "creating symlink …: File exists" in some of them."""
    program = "import sys, hmeval; sys.stdin.read(); print(hmeval.Evaluator().eval('1').to_python())"
    for number in range(4):
        places = {f"NIX_{name}_DIR": str(tmp_path / f"{number}/{name}") for name in ("STORE", "STATE", "LOG")}
        reader, writer = os.pipe()
        begun = [
            subprocess.Popen(
                [sys.executable, "-c", program],
                env=os.environ | places,
                stdin=reader,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        time.sleep(0.5)  # all of them have imported what they need, and wait
        os.close(reader)
        os.close(writer)
        told = [process.communicate(timeout=60) for process in begun]
        assert [(output, error.splitlines()[-1:]) for output, error in told] == [("1\n", [])] * 4
