"""What to do about an error of an evaluation."""

from __future__ import annotations

import re

from hmeval.errors import EvaluationError

_WHAT_TO_DO = {
    "throw": "the configuration ends the evaluation itself here: the message says what it wants",
    "assertion": "an assertion of the configuration is not met: change what it is about",
    "type": "give a value of the type that is expected there",
    "missing-attribute": "check the spelling of the attribute, and that what holds it has it",
    "undefined-variable": "check the spelling, or add the name to the module's arguments ({ config, lib, pkgs, ... }:)",
    "syntax": "correct the expression there",
    "infinite-recursion": "something depends on itself: look for `config` used in `imports`, or in its own definition",
    "stack-overflow": "the evaluation goes too deep: look for a recursion without an end",
    "aborted": "the configuration ends the evaluation itself here: the message says what it wants",
}
# What the module system throws, by what it says (nixpkgs lib/modules.nix) and Home Manager (modules/default.nix).
_WHAT_TO_DO_BY_MESSAGE = (
    ("\n`disabledModules' at ", "remove the definition, or import a module that declares the option in its place"),
    (
        "' does not exist.",
        "check the option's name (hmeval options --search WORD), and that the module that declares it is imported",
    ),
    ("' is not of type `", "define a value of that type there"),
    ("no longer has any effect", "remove this definition; the message says what took the option's place"),
    (
        "' is read-only, but it's set multiple times",
        "remove this definition: the option is set elsewhere, once and for all",
    ),
    ("Failed assertions:", "an assertion of the configuration is not met: change what it is about"),
    ("Refusing to evaluate package '", "remove the package there, or allow it as the message says"),
    ("' has been removed", "remove it there, or take what the message names in its place"),
    (
        "import from derivation: ",
        "build the configuration once with Nix, and hmeval reads what was built; or have the file beside the modules",
    ),
    ("this Nix does not know pipe operators", "call the function (f x for x |> f), or take Nix 2.24 or later"),
    ("feature 'pipe-operators' is disabled", "add to nix.conf: extra-experimental-features = pipe-operators"),
    ("Git does not know it", "tell Git of the file: git add FILE"),
    ("No such file or directory", "check the path where it is written (imports, source, readFile)"),
)
# What hmeval itself says of an input that cannot be fetched (hmeval/flakes.py).
_UNFETCHED = re.compile(r"the input (\S+), which flake\.lock has as ")
# What the module system says on the way to an argument of a module (nixpkgs, lib/modules.nix).
_ARGUMENT = re.compile(r"while evaluating the module argument `")
_NEAR = 4


def what_to_do(error: EvaluationError) -> str:
    """A remedy, by what the error says, else by its kind; empty where none is known."""
    if unfetched := _UNFETCHED.match(error.message):
        return f"go where it can be fetched from, or replace it: --override-input {unfetched[1]} DIR"
    if any(_ARGUMENT.match(frame.text) for frame in error.trace[:_NEAR]) and error.kind == "missing-attribute":
        return "no argument of modules has this name: check it, or hand it over with specialArgs or _module.args"
    by_message = (advice for part, advice in _WHAT_TO_DO_BY_MESSAGE if part in error.message)
    return next(by_message, _WHAT_TO_DO.get(error.kind, ""))
