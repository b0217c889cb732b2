"""Only declared names, with plain values of the declared type, reach the notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbooks import execute
from runbooks.errors import CallError
from runbooks.execute import Parameter, checked, declared
from runbooks.execute.parameters import plain_text
from tests.execute.conftest import Runner, kept, notebook_of

CELL = """environment: str = "sandbox"   # sandbox, dev, staging or production
hours: int = 24   # how far back to look, 1 to 360
share: float = 0.5
dry: bool = True
account: str
"""
DECLARED = declared(notebook_of([], parameters=CELL))


def test_a_notebook_declares_names_types_defaults_and_help_in_order() -> None:
    assert [
        Parameter("environment", str, "sandbox", "sandbox, dev, staging or production"),
        Parameter("hours", int, 24, "how far back to look, 1 to 360"),
        Parameter("share", float, 0.5, ""),
        Parameter("dry", bool, True, ""),
        Parameter("account", str, None, ""),
    ] == DECLARED


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("hours", "24", 24), ("share", "0.25", 0.25), ("share", "3", 3.0), ("dry", "false", False), ("dry", "true", True),
        ("account", "001234567890", "001234567890"), ("account", "12345e67", "12345e67"), ("account", "no", "no"),
        ("account", "{x.__class__}", "{x.__class__}"), ("hours", 12, 12), ("share", 1, 1.0),
    ],
)  # fmt: skip
def test_text_becomes_the_declared_type_and_nothing_else(name: str, text: object, value: object) -> None:
    """Papermill's -p makes 1234567890 of 001234567890, and 1.2e71 of 12345e67."""
    got = checked(DECLARED, [("account", "1"), (name, text)] if name != "account" else [(name, text)])[name]
    assert got == value
    assert type(got) is type(value)


WRONG: list[tuple[str, object]] = [
        ("hours", "x"), ("hours", ""), ("hours", "1.0"), ("hours", "1_0"), ("hours", " 7 "), ("hours", "٣٤"), ("hours", True), ("hours", 2.0),
        ("hours", "0"), ("hours", "361"), ("hours", "9" * 5000), ("hours", 10**5000), ("hours", None), ("hours", b"1"), ("hours", [1]),
        ("share", "nan"), ("share", "inf"), ("share", "1e999"), ("share", float("nan")), ("share", 10**400), ("share", True),
        ("dry", "no"), ("dry", "off"), ("dry", "False"), ("dry", 1), ("dry", 0), ("dry", ""),
        ("account", 1), ("account", b"1"), ("account", ("a", "b")), ("account", "x" * 2001), ("account", "\ud800"), ("account", "a\0b"),
        ("account", "\u202egnp.exe"), ("account", "\x1b[2J"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG, ids=range(len(WRONG)))
def test_a_value_of_another_type_or_size_is_refused_by_name(name: str, value: object) -> None:
    given_pairs = [(name, value)] if name == "account" else [("account", "1"), (name, value)]
    with pytest.raises(CallError, match=f"parameter '{name}'") as refused:
        checked(DECLARED, given_pairs)
    assert len(str(refused.value)) < 300
    str(refused.value).encode()


UNDECLARED = [
        "hour", "dry_rum", "print", "class", "__builtins__", "x=1;import os#", "x\nimport os\ny", "!touch f", "hours ", "HOURS", "",
        "h\u043eurs", "hours\u202e", "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("name", UNDECLARED, ids=range(len(UNDECLARED)))
def test_a_name_that_is_not_declared_is_refused_with_the_choices(name: str) -> None:
    """Papermill pastes names into code unchecked, and of one it does not know it only warns."""
    with pytest.raises(CallError, match=r"unknown parameter .*: choose from environment \(str\), hours \(int\)"):
        checked(DECLARED, [("account", "1"), (name, "1")])


def test_missing_and_doubled_names_are_refused() -> None:
    with pytest.raises(CallError, match=r"'account'.*missing"):
        checked(DECLARED, [])
    with pytest.raises(CallError, match="'hours' is given twice"):
        checked(DECLARED, [("account", "1"), ("hours", "1"), ("hours", "1")])


@pytest.mark.parametrize(
    "cell",
    ["import os", "x = os.environ", "x: list = []", "x: int = '1'", "x = None", "x: str = f'{1}'", "x = y = 1", "X: int = 1", "x = 1\nx = 2", "def (", "a.b = 1"],
)  # fmt: skip
def test_a_notebook_declares_nothing_but_literals(cell: str) -> None:
    with pytest.raises(CallError):
        declared(notebook_of([], parameters=cell))


@given(st.text(st.characters(), max_size=50))
def test_text_that_passes_can_be_shown_and_saved(text: str) -> None:
    try:
        passed = plain_text("reason", text)
    except CallError as refused:
        str(refused).encode()
    else:
        assert passed == text
        passed.encode()
        assert not set(text) & set("\0\x1b\u202e\u2066")


def test_hostile_text_arrives_as_text(run_cells: Runner) -> None:
    text = '\'; import os; os._exit(7) #"""\n!touch /tmp/x {x.__class__} \\ %run $HOME `id`'
    record = run_cells(f"assert reason == {text!r}\ncheck('a')", declares='environment: str = "x"\nreason: str = ""', reason=text)
    assert (record.outcome, record.error) == ("completed", "")
    assert kept(record)["metadata"]["papermill"]["parameters"] == {"environment": "sandbox", "reason": text}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"parameters": [("hour", "1")]}, "unknown parameter"),
        ({"parameters": [("environment", "production")]}, "say it once"),
        ({"environment": "../x"}, "is not a name"),
        ({"runbook": "daily/../../x"}, "is not a name"),
        ({"operator": "a\ud800"}, "operator has the character"),
        ({"reason": 7}, "reason is of type int"),
        ({"deadline": 0}, "deadline"),
        ({"deadline": float("nan")}, "deadline"),
        ({"deadline": float("inf")}, "deadline"),
    ],
)
def test_a_request_that_cannot_be_run_begins_nothing(
    run_cells: Runner, tmp_path: Path, words: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        run_cells("check('a')", **words)
    assert not (tmp_path / "reports").exists()


def test_an_approval_that_the_notebook_would_ignore_is_refused(run_cells: Runner) -> None:
    with pytest.raises(CallError, match="declares no parameter 'approve'"):
        run_cells("check('a')", declares='environment: str = "x"', approve="0123456789ab")


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"nbformat": 3, "cells": [], "metadata": {}}', '{"nbformat": 4, "cells": [1]}', "\x00"]
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "not.ipynb"
    path.write_text(content)
    with pytest.raises(CallError, match=r"not\.ipynb"):
        execute.run(execute.Request(path, "daily/not", "sandbox", out=tmp_path / "reports"))
