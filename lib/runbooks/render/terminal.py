"""The verdict for a terminal: the same facts in the same order, in words alone."""

from __future__ import annotations

from collections.abc import Iterable

from runbooks.model import CheckResult, Outcome, Verdict
from runbooks.render.findings import Weakness, findings, shown_status, telling
from runbooks.render.plan import changes_text, plan_text
from runbooks.render.result import blind_text
from runbooks.render.text import day, line, moment, period

TOLD = 12
INDENT = " " * 8


def verdict_text(verdict: Verdict) -> str:
    """Return the verdict in lines: word and sentence, what failed, what could not be seen, what is accepted, who is due."""
    found = findings(verdict)
    blocks = [
        _head(verdict, found.tally),
        _block("FAILED", (text for r in found.failed for text in _check(r))),
        _block("CAUSES", (f"{INDENT}{c.weight:.2g}  {line(c.summary)}  ask next: {line(c.next_question)}" for c in verdict.causes)),
        _block("NOT SEEN", (text for r in found.unseen for text in [f"  {_sentence(r)}", *blind_text(r)])),
        _block("WARNED", (text for r in found.warned for text in _check(r))),
        _block("ACCEPTED", (text for w in found.accepted for text in _weakness(w))),
        _changes(verdict),
        f"ESCALATION  {line(verdict.escalation)}" if verdict.escalation else "",
        _foot(verdict),
    ]
    return "\n\n".join(block for block in blocks if block)


def _head(verdict: Verdict, tally: str) -> str:
    ended = "" if verdict.outcome is Outcome.COMPLETED else f"\n{INDENT}the run did not complete: {verdict.outcome.value}"
    return (
        f"{shown_status(verdict):<8}{line(verdict.title)}  {line(verdict.environment)}  {period(verdict.window)}\n"
        f"{INDENT}{line(verdict.summary)}{ended}\n{INDENT}{tally}"
    )


def _block(title: str, lines: Iterable[str]) -> str:
    said = list(lines)
    return "\n".join([title, *said]) if said else ""


def _sentence(result: CheckResult) -> str:
    return f"{line(result.summary)}  [{line(result.name)}]"


def _check(result: CheckResult) -> list[str]:
    rows = telling(result)
    lines = [f"  {_sentence(result)}"]
    lines += [f"{INDENT}{row.status:<8}{line(row.resource)}: {line(row.summary)}" for row in rows[:TOLD]]
    lines += [f"{INDENT}{len(rows) - TOLD} more"] if len(rows) > TOLD else []
    lines += [f"{INDENT}expected: {line(result.expected)}"] if result.expected else []
    return lines + ([f"{INDENT}next: {line(result.next_step)}"] if result.next_step else [])


def _weakness(weakness: Weakness) -> list[str]:
    accepted, names = weakness.acceptance, [line(row.resource) for row in weakness.rows]
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return [
        f"  {line(accepted.reason)}  [{line(weakness.check)}]",
        f"{INDENT}{', '.join(names[:TOLD])}{more}  ({line(accepted.owner)}, until {day(accepted.expires)})",
    ]


def _changes(verdict: Verdict) -> str:
    made = _block("CHANGED", changes_text(verdict.changes)) or "Nothing was changed."
    return "\n".join([made, *(plan_text(plan) for plan in verdict.plans)])


def _foot(verdict: Verdict) -> str:
    calls = sum(verdict.calls.values())
    why = f", {line(verdict.reason)}" if verdict.reason else ""
    return f"Run {line(verdict.run_id)} by {line(verdict.operator)}{why}; {calls} calls; finished {moment(verdict.finished)}."
