"""Verdicts for monitors of one's own: a textfile of Prometheus, and a JUnit file.

https://prometheus.io/docs/instrumenting/exposition_formats/ and the schema that Jenkins and GitLab read.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from runbooks.errors import RecordError
from runbooks.model import CheckResult, Outcome, Status, Verdict, worst
from runbooks.render.text import line

VALUES = {Status.PASS: 0, Status.WARN: 1, Status.UNKNOWN: 2, Status.FAIL: 3}
ROWS = 20  # of evidence, in the text of a test case
_READABLE = 0o644  # the exporter runs as another user
_NOT_XML = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_HELP = {
    "runbooks_check_status": "What a check concluded: 0 PASS, 1 WARN, 2 UNKNOWN, 3 FAIL; a check that does not apply is left out.",
    "runbooks_run_status": "What a run concluded, in the same numbers.",
    "runbooks_run_outcome": "How a run ended: 1 for the outcome that it was, 0 for the others.",
    "runbooks_run_duration_seconds": "How long a run took.",
    "runbooks_last_run_timestamp_seconds": "When a run ended; older than 26 h means that nobody looks.",
}
Sample = tuple[Mapping[str, str], float]


def prometheus(verdicts: Iterable[Verdict]) -> str:
    """Return the text format of Prometheus, a gauge for each check, with the newest run of a runbook on an environment."""
    runs = {(verdict.environment, verdict.runbook): verdict for verdict in sorted(verdicts, key=lambda each: each.finished)}
    samples: dict[str, list[Sample]] = {name: [] for name in _HELP}
    for _, verdict in sorted(runs.items()):
        labels = {"environment": verdict.environment, "runbook": verdict.runbook}
        for check, status in sorted(_statuses(verdict.results).items()):
            samples["runbooks_check_status"].append(({**labels, "check": check}, VALUES[status]))
        samples["runbooks_run_status"].append((labels, VALUES[worst([verdict.status])]))
        for outcome in Outcome:
            samples["runbooks_run_outcome"].append(({**labels, "outcome": outcome}, float(outcome is verdict.outcome)))
        took = max(0.0, (verdict.finished - verdict.started).total_seconds())
        samples["runbooks_run_duration_seconds"].append((labels, took))
        samples["runbooks_last_run_timestamp_seconds"].append((labels, verdict.finished.timestamp()))
    return "".join(text for name, found in samples.items() for text in _family(name, found))


def _statuses(results: Sequence[CheckResult]) -> dict[str, Status]:
    """Return the status by check; of two that look the same on a line, the worse: no series may come twice."""
    statuses: dict[str, Status] = {}
    for result in results:
        if result.status is not Status.SKIP:
            name = line(result.name, limit=120)
            statuses[name] = worst([result.status, statuses.get(name, result.status)])
    return statuses


def _family(name: str, samples: Sequence[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        words = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{words}}} {value:.15g}\n"


def _escaped(text: str) -> str:
    return line(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def junit(verdicts: Iterable[Verdict]) -> str:
    """Return a JUnit file: a suite for each run, a case for each check; FAIL is a failure, UNKNOWN an error, SKIP skipped."""
    root = ET.Element("testsuites", name="runbooks")
    suites = [_suite(verdict) for verdict in verdicts]
    root.extend(suites)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(verdict: Verdict) -> ET.Element:
    name = _text(f"{verdict.environment}.{verdict.runbook.replace('/', '.')}")
    took = max(0.0, (verdict.finished - verdict.started).total_seconds())
    suite = ET.Element("testsuite", name=name, timestamp=verdict.started.strftime("%Y-%m-%dT%H:%M:%S"), time=f"{took:.3f}")
    cases = [_case(name, result) for result in verdict.results]
    if verdict.outcome is not Outcome.COMPLETED:
        cases.append(_ended(name, verdict))
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(kind) is not None for case in cases)))
    return suite


def _case(suite: str, result: CheckResult) -> ET.Element:
    case = ET.Element("testcase", classname=suite, name=_text(result.name), time=f"{max(0.0, result.seconds):.3f}")
    said = _text(f"{result.status}: {result.summary}")
    kind = {Status.FAIL: "failure", Status.UNKNOWN: "error", Status.SKIP: "skipped"}.get(result.status)
    if kind is None:
        ET.SubElement(case, "system-out").text = said
        return case
    found = ET.SubElement(case, kind, message=said)
    if kind != "skipped":
        found.set("type", result.status)
        found.text = "\n".join(_rows(result))
    return case


def _rows(result: CheckResult) -> Iterator[str]:
    rows = [f"{row.status} {row.resource}: {row.summary}" for row in result.evidence if row.accepted is None]
    rows += [blind.sentence for blind in result.blind]
    yield from (_text(row) for row in rows[:ROWS])
    if len(rows) > ROWS:
        yield f"and {len(rows) - ROWS} more"
    if result.expected:
        yield _text(f"expected: {result.expected}")


def _ended(suite: str, verdict: Verdict) -> ET.Element:
    case = ET.Element("testcase", classname=suite, name="the run completed", time="0")
    ET.SubElement(case, "error", message=_text(verdict.summary), type=_text(verdict.outcome))
    return case


def _text(value: object) -> str:
    """Return one line of text that XML may hold."""
    return _NOT_XML.sub("\ufffd", line(value))


def save(path: Path, text: str) -> None:
    """Put a file in place, whole, readable for others; raises RecordError when that cannot be."""
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", errors="backslashreplace"))
            file.flush()
            os.fchmod(file.fileno(), _READABLE)
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        raise RecordError(f"{path} cannot be written ({error.strerror or error}): name a file in a folder that is there") from None
