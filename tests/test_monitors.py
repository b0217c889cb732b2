"""What monitors read is well formed whatever the names are, and says what the verdicts say."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runbooks import monitors
from runbooks.errors import RecordError
from runbooks.model import Outcome, Status
from tests.notify.days import result, verdict

HOSTILE = [
    'a"b', "a\\b", "a\nb", "a\\", '"} 1\nup{job="x', "{}", "\x00\x01\x1b[31m", "</testcase>", "]]>", "\ud800", "\ufffe\uffff", "\u202e",
    "<!ENTITY x>", "é漢😀", "",
]  # fmt: skip
SAMPLE = re.compile(r'(?P<name>[a-z_]+)\{(?P<labels>(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (?P<value>[0-9.e+-]+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"')
UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Series:
    """Read the text format as strictly as Prometheus does: a family is told before its samples, and no series comes twice."""
    series: Series = {}
    family, helped = "", ""
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped = line.split(" ")[2]
        elif line.startswith("# TYPE "):
            family = line.split(" ")[2]
            assert line == f"# TYPE {helped} gauge"
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found["name"] == family
            labels = frozenset(
                (name, re.sub(r'\\[\\"n]', lambda m: UNESCAPED[m[0]], value)) for name, value in LABEL.findall(found["labels"])
            )
            assert (family, labels) not in series
            series[family, labels] = float(found["value"])
    return series


def value(series: Series, name: str, **labels: str) -> float:
    return series[name, frozenset({"environment": "sandbox", "runbook": "daily/system-health", **labels}.items())]


def test_each_check_is_a_gauge_and_each_run_says_when_and_how_it_ended() -> None:
    checks = [result(str(status), "x", status=status) for status in (Status.WARN, Status.UNKNOWN, Status.FAIL)]
    skipped = result("skipped").model_copy(update={"status": Status.SKIP})
    said = verdict(result("PASS"), *checks, skipped)
    series = parsed(monitors.prometheus([said]))
    assert [value(series, "runbooks_check_status", check=str(status)) for status in monitors.VALUES] == [0, 1, 2, 3]
    assert ("skipped") not in str(series)
    assert value(series, "runbooks_run_status") == 3
    assert value(series, "runbooks_run_duration_seconds") == 9
    assert value(series, "runbooks_last_run_timestamp_seconds") == said.finished.timestamp()
    outcomes = {str(each): value(series, "runbooks_run_outcome", outcome=str(each)) for each in Outcome}
    assert {name for name, number in outcomes.items() if number} == {"completed"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_outside_forges_no_series(name: str) -> None:
    said = verdict(result(name), result(name, "x")).model_copy(update={"environment": name})
    series = parsed(monitors.prometheus([said, said]))
    assert len(series) == 1 + 3 + len(Outcome)


def test_nothing_to_say_is_a_file_without_samples() -> None:
    assert parsed(monitors.prometheus([])) == {}


def test_a_test_case_for_each_check() -> None:
    results = [result(str(status), "x", "y", status=status) for status in (Status.WARN, Status.FAIL)]
    skipped = result("SKIP").model_copy(update={"status": Status.SKIP})
    root = ET.fromstring(monitors.junit([verdict(result("PASS"), *results, result("UNKNOWN", blind=True), skipped)]))  # noqa: S314 - our own text
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    kinds = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert kinds == {
        "PASS": ["system-out"], "WARN": ["system-out"], "FAIL": ["failure"], "UNKNOWN": ["error"], "SKIP": ["skipped"],
    }  # fmt: skip
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.text.splitlines() == ["FAIL x: x is broken", "FAIL y: y is broken"]


def test_a_run_that_did_not_complete_is_an_error_of_its_own() -> None:
    root = ET.fromstring(monitors.junit([verdict(result("PASS"), outcome=Outcome.DEADLINE)]))  # noqa: S314 - our own text
    assert [case.get("name") for case in root.iter("testcase") if case.find("error") is not None] == ["the run completed"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_is_well_formed_and_adds_no_case(text: str) -> None:
    said = verdict(result(text, text)).model_copy(update={"summary": text, "environment": text})
    assert len(list(ET.fromstring(monitors.junit([said]).encode()).iter("testcase"))) == 1  # noqa: S314 - our own text


@settings(deadline=None)
@given(some.text())
def test_any_text_is_well_formed(text: str) -> None:
    ET.fromstring(monitors.junit([verdict(result(text, text))]).encode())  # noqa: S314 - our own text
    parsed(monitors.prometheus([verdict(result(text, text))]))


def test_a_file_is_put_in_place_whole_and_others_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "runbooks.prom"
    path.write_text("old", encoding="utf-8")
    monitors.save(path, "new \ud800")
    assert path.read_text(encoding="utf-8") == "new \\ud800"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(RecordError, match="cannot be written"):
        monitors.save(tmp_path / "none" / "runbooks.prom", "new")
