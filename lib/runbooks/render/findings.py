"""What a verdict says, put in the order in which a tired person needs it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from runbooks.model import Acceptance, CheckResult, Evidence, Outcome, Status, Verdict

_ORDER = {Status.FAIL: 0, Status.UNKNOWN: 1, Status.WARN: 2, Status.PASS: 3, Status.SKIP: 4}


@dataclass(frozen=True, slots=True)
class Weakness:
    """One acceptance and all rows of one check that it covers."""

    check: str
    acceptance: Acceptance
    rows: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """The checks of a run, sorted by what they mean for the reader; a check that failed and could not see all is in two."""

    failed: tuple[CheckResult, ...]
    unseen: tuple[CheckResult, ...]
    warned: tuple[CheckResult, ...]
    passed: tuple[CheckResult, ...]
    skipped: tuple[CheckResult, ...]
    accepted: tuple[Weakness, ...]

    @property
    def tally(self) -> str:
        """Say how many checks came out how, leaving out what did not occur."""
        blind = sum(r.status is Status.UNKNOWN for r in self.unseen)
        counts = [
            (len(self.failed), "failed"), (blind, "could not be seen"), (len(self.warned), "warned"),
            (len(self.passed), "passed"), (len(self.skipped), "not applicable"),
        ]  # fmt: skip
        said = [f"{n} {word}" for n, word in counts if n]
        return "Checks: " + (", ".join(said) if said else "none ran")


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows of one check of one environment, told as one thing."""

    rows: tuple[Evidence, ...]

    @property
    def first(self) -> Evidence:
        """The one that is told."""
        return self.rows[0]


def findings(verdict: Verdict) -> Findings:
    """Sort the results of `verdict`."""
    by = {s: tuple(r for r in verdict.results if r.status is s) for s in Status}
    return Findings(
        failed=by[Status.FAIL],
        unseen=tuple(r for r in verdict.results if r.status is Status.UNKNOWN or r.blind),
        warned=by[Status.WARN],
        passed=by[Status.PASS],
        skipped=by[Status.SKIP],
        accepted=_weaknesses(verdict),
    )


def _weaknesses(verdict: Verdict) -> tuple[Weakness, ...]:
    """Gather rows by the words of their acceptance; one decision may stand in several lines, a pattern of names in each."""
    grouped: dict[tuple[object, ...], list[tuple[str, Acceptance, Evidence]]] = {}
    for result in verdict.results:
        for row in result.evidence:
            if (a := row.accepted) is not None:
                grouped.setdefault((result.name, a.reason, a.owner, a.expires), []).append((result.name, a, row))
    return tuple(Weakness(rows[0][0], rows[0][1], tuple(row for _, _, row in rows)) for rows in grouped.values())


def shown_status(verdict: Verdict) -> Status:
    """Return the status a reader may see: a run that did not complete is never green."""
    if verdict.outcome is not Outcome.COMPLETED and verdict.status is not Status.FAIL:
        return Status.UNKNOWN
    return verdict.status


def telling(result: CheckResult) -> list[Evidence]:
    """Return the rows behind a result that is not good, worst first, without those that are accepted.

    A single row that the summary tells already is not told again.
    """
    rows = [e for e in result.evidence if e.accepted is None and e.status not in (Status.PASS, Status.SKIP)]
    if len(rows) == 1 and result.summary == f"{rows[0].resource}: {rows[0].summary}":
        return []
    return sorted(rows, key=lambda e: _ORDER[e.status])


def sorted_rows(result: CheckResult) -> list[Evidence]:
    """Return all rows, worst first; accepted ones after those that need somebody."""
    return sorted(result.evidence, key=lambda e: (e.accepted is not None, _ORDER[e.status]))


def grouped(rows: Iterable[Evidence]) -> list[Alike]:
    """Put rows of one check, environment and status together, in the order of the first of each."""
    groups: dict[tuple[object, ...], list[Evidence]] = {}
    for row in rows:
        key = (row.facts.get("environment"), row.facts.get("runbook"), row.facts.get("check"), row.status)
        groups.setdefault(key, []).append(row)
    return [Alike(tuple(group)) for group in groups.values()]


def policy(result: CheckResult) -> str:
    """Return the IAM policy that would let this check see, as JSON to paste; empty when permissions are not the reason.

    Statements that differ in their resources alone become one.
    """
    merged: dict[str, tuple[dict[str, object], dict[str, object]]] = {}
    for statement in (b.statement for b in result.blind if b.statement is not None):
        rest = {key: value for key, value in statement.items() if key != "Resource"}
        _, names = merged.setdefault(_key(rest), (rest, {}))
        names.update({_key(name): name for name in _listed(statement.get("Resource"))})
    statements = [{**rest, "Resource": list(names.values())} for rest, names in merged.values()]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2, default=str) if statements else ""


def _key(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]
