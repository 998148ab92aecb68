"""Numbers that stand in native/hmeval.h, and in Python as well, which does not load the engine for them."""

from __future__ import annotations

from hmeval.evaluation import codec, protocol
from hmeval.evaluation.ffi import lib
from hmeval.options import extract


def test_the_extension_types_are_those_of_the_header() -> None:
    native = (lib.HMEVAL_EXT_PATH, lib.HMEVAL_EXT_DERIVATION, lib.HMEVAL_EXT_FUNCTION, lib.HMEVAL_EXT_FAILURE)
    assert native == (codec.EXT_PATH, codec.EXT_DERIVATION, codec.EXT_FUNCTION, codec.EXT_FAILURE)


def test_the_flags_of_options_are_those_of_the_header() -> None:
    assert extract.HIDDEN == lib.HMEVAL_OPTIONS_HIDDEN
    assert extract.STATE == lib.HMEVAL_OPTIONS_STATE
    assert extract.VALUES == lib.HMEVAL_OPTIONS_VALUES | lib.HMEVAL_OPTIONS_STATE
    assert extract.DETAILS == lib.HMEVAL_OPTIONS_DETAILS
    assert extract.ALONE == lib.HMEVAL_OPTIONS_ALONE


def test_the_exit_code_is_that_of_the_header() -> None:
    assert protocol.EXIT_STACK_OVERFLOW == lib.HMEVAL_EXIT_STACK_OVERFLOW
