"""What an evaluation that fails is told as: kind, message, position, trace and option."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hmeval import EvaluationError, Evaluator, Position, engine
from hmeval.evaluation.report import evaluation_error, frames_of, kind_of, option_of, without_colours
from tests.native.programs import nix_version

OFFLINE_LIB = Path(__file__).resolve().parents[2] / "hmeval/offline/nixpkgs/lib"
KINDS = {
    *["throw", "assertion", "type", "missing-attribute", "undefined-variable", "syntax", "infinite-recursion"],
    *["stack-overflow", "aborted", "interrupted", "other"],
}

Fails = Callable[[str], EvaluationError]


@pytest.fixture
def fails(evaluator: Evaluator, tmp_path: Path) -> Fails:
    """`fails(source)` gives the error of a file, code.nix in a folder of its own: Nix reads a file once."""

    def evaluate(source: str) -> EvaluationError:
        file = tmp_path / str(len(list(tmp_path.iterdir()))) / "code.nix"
        file.parent.mkdir()
        file.write_text(source)
        with pytest.raises(EvaluationError) as failure:
            evaluator.eval_file(file).to_python()
        return failure.value

    return evaluate


class Case(NamedTuple):
    """A source of two lines, what it fails with, and the column on the second line: None where Nix knows none.

    Since 2.20 Nix words some messages otherwise, and knows more places; later ones name the values that they compare.
    """

    source: str
    kind: str
    message: str
    column: int | None
    newer_message: str | None = None
    newer_column: int | None = None
    values: str = ""  # what 2.33 adds

    def said(self) -> str:
        """The message of the engine in use."""
        message = self.newer_message if NEWER_WORDS and self.newer_message is not None else self.message
        return message + self.values if NAMES_VALUES else message

    def place(self) -> int | None:
        """The column, with the engine in use."""
        return self.newer_column if NEWER_WORDS and self.newer_column is not None else self.column


NEWER_WORDS = engine()["interface"] == "c-api"
NAMES_VALUES = nix_version() >= (2, 33)

# With 2.8 `throw` and `abort` have no position of their own: it is that of the function in which they are.
IN_FUNCTION = "let f =\n  x: {}; in f 1"
CASES = [
    Case(IN_FUNCTION.format('throw "sorry"'), "throw", "sorry", 3, newer_column=6),
    Case(IN_FUNCTION.format('throw ""'), "throw", "", 3, newer_column=6),
    Case(IN_FUNCTION.format('throw "%1% %s %%"'), "throw", "%1% %s %%", 3, newer_column=6),
    Case(
        IN_FUNCTION.format('abort "sorry"'),
        "aborted",
        "evaluation aborted with the following error message: 'sorry'",
        3,
        newer_column=6,
    ),
    Case(
        "\nassert 1 == 2; 3",
        "assertion",
        "assertion '(1 == 2)' failed",
        1,
        "an integer with value '1' is not equal to an integer with value '2'",
    ),
    Case('\n  1 + "a"', "type", "cannot add a string to an integer", 7),
    Case(
        '\n  "a" + 1',
        "type",
        "cannot coerce an integer to a string",
        9,
        "cannot coerce an integer to a string: 1",
    ),
    Case(
        "\n  if 1 then 2 else 3",
        "type",
        "value is an integer while a Boolean was expected",
        3,
        "expected a Boolean but found an integer: 1",
    ),
    Case('\n  "${{ }}"', "type", "cannot coerce a set to a string", 4, "cannot coerce a set to a string: { }"),
    Case(
        "\n  1 2",
        "type",
        "attempt to call something which is not a function but an integer",
        3,
        "attempt to call something which is not a function but an integer: 1",
    ),
    Case(
        "\n  builtins.length { }",
        "type",
        "value is a set while a list was expected",
        3,
        "expected a list but found a set: { }",
    ),
    Case("let in\n  { }.a", "missing-attribute", "attribute 'a' missing", 3),
    Case("let x = { a.b = 1; }; in\n  x.a.c", "missing-attribute", "attribute 'c' missing", None, newer_column=3),
    Case(
        '\n  builtins.getAttr "a" { }',
        "missing-attribute",
        "attribute 'a' missing for call to 'getAttr'",
        None,
        "attribute 'a' missing",
        3,
    ),
    Case("\n  xyz", "undefined-variable", "undefined variable 'xyz'", 3),
    Case("\n  with { }; xyz", "undefined-variable", "undefined variable 'xyz'", 13),
    Case("\n{ a = ", "syntax", "syntax error, unexpected end of file", None, newer_column=7),
    Case("\n  1 ]", "syntax", "syntax error, unexpected ']', expecting end of file", 5),
    Case("let x =\n  x; in x", "infinite-recursion", "infinite recursion encountered", 3),
    Case("let f = x:\n  1 + f x; in f 1", "stack-overflow", "stack overflow; max-call-depth exceeded", 7),
    Case("\n  1 / 0", "other", "division by zero", 3, newer_column=5),
    Case(
        "\n  builtins.head [ ]",
        "other",
        "list index 0 is out of bounds",
        3,
        "'builtins.head' called on an empty list",
    ),
    Case(
        "\n  import /nowhere",
        "other",
        "getting status of '/nowhere': No such file or directory",
        None,
        "path '/nowhere' does not exist",
        3,
    ),
    Case(
        '\n  1 < "a"',
        "type",
        "cannot compare an integer with a string",
        None,
        newer_column=5,
        values='; values are 1 and "a"',
    ),
    Case(
        "\n  { } < { }",
        "type",
        "cannot compare a set with a set",
        None,
        "cannot compare a set with a set; values of that type are incomparable",
        7,
        " (values are { } and { })",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[" ".join(case.source.split()) for case in CASES])
def test_kind_message_and_position(fails: Fails, tmp_path: Path, case: Case) -> None:
    error = fails(case.source)
    assert (error.kind, error.message) == (case.kind, case.said())
    if case.place() is not None:
        assert error.position == Position(str(tmp_path / "0/code.nix"), 2, case.place() or 0)
    assert "\x1b" not in f"{error.message}{error.trace}"
    assert error.kind in KINDS


def test_the_words_of_a_kind_in_other_errors_change_nothing(fails: Fails) -> None:
    for words in ("stack overflow", "infinite recursion encountered", "attribute 'a' missing", "syntax error"):
        assert fails(f'throw "{words}"').kind == "throw"
        assert fails(f'abort "{words}"').kind == "aborted"
        assert fails(f'import (/. + "/nowhere/{words}")').kind == "other"


def test_an_error_says_where_it_is(fails: Fails, tmp_path: Path) -> None:
    error = fails("let f =\n  x: throw ''one\ntwo''; in f 1")
    assert str(error) == f"one\ntwo\n  at {tmp_path}/0/code.nix:2:{6 if NEWER_WORDS else 3}"


def test_text_without_a_file(evaluator: Evaluator) -> None:
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval("1 +\n xyz")
    assert failure.value.position is not None
    assert failure.value.position.file.startswith("«")
    assert failure.value.position[1:] == (2, 2)


# Of `  f = x: throw …`, and what the trace says of it.
COLUMN_OF_THROW = 10 if NEWER_WORDS else 7
CALL_OF_F = "while calling 'f'" if NEWER_WORDS else "while evaluating 'f'"


def test_the_trace_goes_outwards(fails: Fails, tmp_path: Path) -> None:
    for number, message in enumerate(("one line", "two\\nlines", "", "three\\n\\nlines\\n")):
        error = fails(f'let\n  f = x: throw "{message}";\n  g = x: f x;\nin\n  builtins.addErrorContext "by me" (g 1)')
        lines = [frame.position.line for frame in error.trace if frame.position]
        assert [line for line in lines if line in (2, 3, 5)] == sorted(line for line in lines if line in (2, 3, 5))
        assert error.position == Position(str(tmp_path / f"{number}/code.nix"), 2, COLUMN_OF_THROW)
        assert CALL_OF_F in [frame.text for frame in error.trace]
        assert "by me" in [frame.text for frame in error.trace]


MISLEADING = [
    "at /x:1:2:",
    "a\nat /x:1:2:",
    "a\n\n       at /x:1:2:\n",
    "a\n… while foo\nat /x:1:2:",
    "… while foo",
    "a\n\n       … while foo\n\n       at /x:1:2:\n",
    "error: a\n\n       at /x:1:2:\n\n            1| code\n",
    "a\u2028at /x:1:2:",
    "a\x0cat /x:1:2:",
    "a\r\nat /x:1:2:\r\nb",
    "error:",
    "e",
    "\n",
    " \n  indented\n    more\n",
    f"a\nat /x:{'1' * 5000}:1:",
    f"at /x:1:{'9' * 5000}",
]


@pytest.mark.parametrize("message", MISLEADING)
@pytest.mark.parametrize("function", ["throw", "abort"])
def test_a_message_that_looks_like_a_report(evaluator: Evaluator, tmp_path: Path, message: str, function: str) -> None:
    """It is the user's own text: no position and no frame comes of it, and the real ones are found."""
    file = tmp_path / "code.nix"
    file.write_text(f"let\n  f = x: {function} x;\nin\n  text: f text")
    call = evaluator.eval_file(file)
    with pytest.raises(EvaluationError) as failure:
        call(message)
    error = failure.value
    assert message.strip() in error.message
    assert error.position == Position(str(file), 2, COLUMN_OF_THROW)
    assert (CALL_OF_F, Position(str(file), 2, 7)) in error.trace
    assert not [frame for frame in error.trace if frame.position and frame.position.file == "/x"]
    assert not [frame for frame in error.trace if "foo" in frame.text]


def test_colours_of_the_users_own_do_not_hide_the_position(evaluator: Evaluator, tmp_path: Path) -> None:
    file = tmp_path / "code.nix"
    file.write_text("let\n  f = x: throw x;\nin\n  text: f text")
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval_file(file)("\x1b[31mred\x1b[0m")
    assert failure.value.message == "red"
    assert failure.value.position == Position(str(file), 2, COLUMN_OF_THROW)


def test_files_with_odd_names(evaluator: Evaluator, tmp_path: Path) -> None:
    for name in ("a b.nix", "a:1:2: b.nix", "at x:1:1.nix", "é.nix", "… while.nix"):
        file = tmp_path / name
        file.write_text("let f =\n  x: throw ''no''; in f 1")
        with pytest.raises(EvaluationError) as failure:
            evaluator.eval_file(file)
        assert failure.value.position == Position(str(file), 2, 6 if NEWER_WORDS else 3), name


def test_messages_that_are_not_utf_8(evaluator: Evaluator) -> None:
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval("text: throw text")("a\udcffb")
    assert failure.value.message == "a\udcffb"


# As Nix 2.34 prints them: outermost frame first, the error last, further lines of a message indented.
NEWER = """\
error:
       … while calling a functor (an attribute set with a '__functor' attribute)
         at /outer.nix:9:1:
            8| in
            9| f 1
             | ^

       … while calling 'f'
         at /inner.nix:2:7:
            1| let
            2|   f = x: throw x;
             |       ^

       error: {}
"""


@pytest.mark.parametrize(
    "message", ["one", "two\nlines", "two\n\nlines\n", "a\nat /x:1:2:", "a\n… while foo\nat /x:1:2:", ""]
)
def test_reports_of_newer_versions(message: str) -> None:
    indented = message.replace("\n", "\n       ")
    error = evaluation_error("nix::ThrownError", message, NEWER.format(indented).replace("'__functor'", "`__functor`"))
    assert [frame.position for frame in error.trace] == [Position("/inner.nix", 2, 7), Position("/outer.nix", 9, 1)]
    assert error.position == Position("/inner.nix", 2, 7)
    with_position = NEWER.format(f"{indented}\n         at /own.nix:3:4:\n")
    assert evaluation_error("nix::EvalError", message, with_position).position == Position("/own.nix", 3, 4)


# -- options ----------------------------------------------------------------------------------------------------------

MODULES = {
    "programs.git.enabl": "{ options.programs.git.enable = o; config.programs.git.enabl = true; }",
    "a.b": "{ options.a.b = o; config.a.b = 3; }",
    'a."x y".b': '{ options.a."x y".b = o; config.a."x y".b = 3; }',
    "file.it's.text": "{ options.file.it's.text = o; config.file.it's.text = 3; }",
    'file."it\'s so".text': '{ options.file."it\'s so".text = o; config.file."it\'s so".text = 3; }',
    "file.\"'a' 'b'\".text": "{ options.file.\"'a' 'b'\".text = o; config.file.\"'a' 'b'\".text = 3; }",
    "a.b'c'd": "{ options.a.b'c'd = o; config.a.b'c'd = 3; }",
    "a.c": "{ options.a.c = o; }",
    "a.d": "{ options.a.d = o // { readOnly = true; }; imports = [ { a.d = true; } { a.d = false; } ]; }",
    "a.e": "{ options.a.e = o; config.a.e = throw ''inside''; }",
}


@pytest.mark.parametrize("option", MODULES)
def test_the_option_of_the_module_systems_messages(evaluator: Evaluator, option: str) -> None:
    expression = f"""
      let lib = import {OFFLINE_LIB}; o = lib.mkOption {{ type = lib.types.bool; }};
          config = (lib.evalModules {{ modules = [ {MODULES[option]} ]; }}).config;
      in builtins.deepSeq config config
    """
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval(expression)
    assert failure.value.option == (None if failure.value.message == "inside" else option)


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ("The option `a.b' does not exist. Definition values:\n- In `/x'", "a.b"),
        ("A definition for option `a.\"b c\".d' is not of type `bool'. Definition values:", 'a."b c".d'),
        ("The option `a' was accessed but has no value defined. Try setting the option.", "a"),
        ("The option `a.b' is read-only, but it's set multiple times. Definition values:\n- In `/x': 1", "a.b"),
        ("The option `a.b' can no longer be used since it's been removed. Use 'c' instead.", "a.b"),
        ("The option `a.b' has conflicting definition values:\n- In `/it's/x': 1", "a.b"),
        ("The option definition `a.b' in `/x' no longer has any effect; please remove it.", None),
        ("no option here", None),
        ("option ``'", None),
        ("the 'option' is `x'", None),
    ],
)
def test_the_option_of_a_message(message: str, option: str | None) -> None:
    if option is not None:
        assert option_of(message) == option
    else:
        assert option_of(message) in (None, "a.b")


# -- any text ---------------------------------------------------------------------------------------------------------

fragments = st.sampled_from(
    [
        *[
            "\n",
            "\n\n",
            "       ",
            "at ",
            "/x.nix",
            ":1:2",
            ":",
            "…",
            " while ",
            "error:",
            "(",
            "string",
            "«string»",
            "\x1b[35;1m",
        ],
        *[
            "option `",
            "'",
            "`",
            "\x1b[",
            "0",
            "١",
            "²",
            "9" * 30,
            "\r",
            "\x0b",
            "\u2028",
            "\udcff",
            "\0",
            "attribute '",
            "missing",
        ],
    ]
)
any_text = st.text(max_size=30) | st.lists(fragments | st.text(max_size=3), max_size=15).map("".join)
classes = st.sampled_from(["", "nix::ThrownError", "nix::EvalError", "nix::Interrupted", "no class"]) | any_text


@given(classes, any_text, any_text)
@settings(max_examples=300)
@example("nix::ThrownError", "", "at x:" + "1" * 5000 + ":1")
@example("", "m", "m\nat x:1:" + "7" * 5000 + ":")
def test_any_report_becomes_an_error(class_name: str, message: str, report: str) -> None:
    error = evaluation_error(class_name, message, report)
    assert error.kind in KINDS
    assert kind_of(class_name, message) in KINDS
    assert str(error).startswith(error.message)
    for position in (error.position, *(frame.position for frame in error.trace)):
        assert position is None or (isinstance(position.line, int) and isinstance(position.column, int))


@given(any_text, any_text)
@settings(max_examples=200)
def test_frames_of_any_text(report: str, message: str) -> None:
    for text in (message, ""):
        _, trace = frames_of(report, text)
        assert all(isinstance(frame.text, str) for frame in trace)


@given(any_text, st.lists(any_text.filter(lambda text: len(text.splitlines()) == 1 and text.strip()), max_size=3))
@settings(max_examples=80)
@example("", ["error:"])
def test_a_report_of_the_usual_form(message: str, contexts: list[str]) -> None:
    """Message, own position, frames; whatever the message is, it is not read."""
    frames = "".join(f"\n\n       … {text}\n\n       at /f:{line}:1:" for line, text in enumerate(contexts, 1))
    own, trace = frames_of(f"error: {message}\n\n       at /own.nix:3:4:{frames}", message)
    assert own == Position("/own.nix", 3, 4)
    assert [frame.position for frame in trace] == [Position("/f", line, 1) for line in range(1, len(contexts) + 1)]


@pytest.mark.parametrize("text", ["\x1b[31;1mplain\x1b[0m", "\x1b[mpl\x1b[35;1main", "plain"])
def test_colours_are_taken_away(text: str) -> None:
    assert without_colours(text) == "plain"
