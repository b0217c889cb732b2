"""One check result, as HTML and as text."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from runbooks.model import Blind, CheckResult, Evidence, Fact, Status
from runbooks.render.findings import policy, sorted_rows
from runbooks.render.markup import NOTHING, folded, html, items, joined, text
from runbooks.render.text import fact, line, plain
from runbooks.settings import utc

ROWS = 100  # of evidence, worst first; a page has the others in a file beside it
LINES = 50  # of evidence in a terminal
POLICY = 10_000  # characters of an IAM policy
BLIND = 20  # of what could not be seen
FACTS = 12  # of one row
REST = html("All of them are in the record of this run, and in a CSV file beside its report.")
ACCEPTED = html('<span class="rb-badge rb-is-skip">ACCEPTED</span>')


def result_html(result: CheckResult, *, anchor: str = "", rest: Markup = REST) -> Markup:
    """Return one result: word and sentence, the claim, the rows that matter, what could not be seen, the next step.

    `anchor` becomes the element's id; the caller keeps it unique in its page. `rest` says where all rows are, when not all are
    shown.
    """
    return html(
        '<div class="rb rb-result rb-{tone}"{id}><p class="rb-line">{badge} <b>{summary}</b></p>'
        '<p class="rb-claim">{claim} <code>{name}</code>{age}</p>{expected}{rows}{blind}{next}</div>',
        tone=result.status.lower(), id=html(' id="{anchor}"', anchor=anchor) if anchor else NOTHING,
        badge=badge(result.status), summary=result.summary, claim=result.claim, name=result.name, age=age(result),
        expected=expected_html(result), rows=_table(result, rest), blind=blind_html(result), next=next_html(result),
    )  # fmt: skip


def result_text(result: CheckResult) -> str:
    """Return one result for a terminal: the same facts in the same order."""
    rows = sorted_rows(result)
    lines = [f"{result.status:<8}{line(result.summary)}  [{line(result.name)}]{age(result)}"]
    lines += [f"        {_row_text(row)}" for row in rows[:LINES]]
    lines += [f"        {len(rows) - LINES} more"] if len(rows) > LINES else []
    lines += blind_text(result)
    lines += [f"        next: {line(result.next_step)}"] if result.next_step and _matters(result) else []
    return "\n".join(lines)


def age(result: CheckResult, *, started: datetime | None = None) -> str:
    """Return when the oldest shared snapshot behind a result was read, against the start of the run; empty where all is fresh."""
    if result.as_of is None:
        return ""
    said = f" read {utc(result.as_of):%H:%M:%S} UTC"
    early = (started - result.as_of).total_seconds() if started else 0.0
    return f"{said}, {early:.0f} s before this run" if early > 0 else f"{said}, by another run of this batch"


def badge(status: Status) -> Markup:
    """Return the status word in its colour."""
    return html('<span class="rb-badge rb-is-{tone}">{word}</span>', tone=status.lower(), word=status.value)


def expected_html(result: CheckResult) -> Markup:
    """Return the limit, unless all is well."""
    if not result.expected or not _matters(result):
        return NOTHING
    return html('<p class="rb-aside"><span class="rb-key">Expected</span> {expected}</p>', expected=result.expected)


def next_html(result: CheckResult) -> Markup:
    """Return the next step, unless there is nothing to do."""
    if not result.next_step or not _matters(result):
        return NOTHING
    return html('<p class="rb-next"><span class="rb-key">Next</span> {step}</p>', step=result.next_step)


def blind_html(result: CheckResult) -> Markup:
    """Return what this check could not see and why, and the IAM policy that would let it."""
    if not result.blind:
        return NOTHING
    allow = policy(result)
    statement = (
        folded("IAM policy that would allow it", html("<pre>{policy}</pre>", policy=text(plain(allow, limit=POLICY))))
        if allow
        else NOTHING
    )
    return html(
        '<div class="rb-blind"><p class="rb-key">Could not be seen</p>{unseen}{statement}</div>',
        unseen=items(result.blind, cap=BLIND, made=_unseen), statement=statement,
    )  # fmt: skip


def _unseen(blind: Blind) -> Markup:
    where = html(" on <code>{on}</code>", on=blind.resource) if blind.resource else NOTHING
    return html(
        "<code>{call}</code>{where}: <b>{reason}</b><br><small>{detail}</small>",
        call=blind.call, where=where, reason=blind.reason, detail=blind.detail,
    )  # fmt: skip


def blind_text(result: CheckResult) -> list[str]:
    """Return the same in lines."""
    lines = [f"        not seen: {line(b.sentence)}" for b in result.blind[:BLIND]]
    lines += [f"        {len(result.blind) - BLIND} more not seen"] if len(result.blind) > BLIND else []
    missing = sorted({action for b in result.blind for action in _actions(b.statement)})
    return lines + ([f"        missing permission: {line(', '.join(missing))}"] if missing else [])


def _matters(result: CheckResult) -> bool:
    return result.status in (Status.FAIL, Status.WARN, Status.UNKNOWN) or bool(result.blind)


def _actions(statement: dict[str, object] | None) -> list[str]:
    action = (statement or {}).get("Action", [])
    return [str(a) for a in action] if isinstance(action, list) else [str(action)]


def _row_text(row: Evidence) -> str:
    suffix = f" (accepted by {line(row.accepted.owner)})" if row.accepted else ""
    return f"{row.status:<8}{line(row.resource)}: {line(row.summary)}{suffix}"


def _table(result: CheckResult, rest: Markup) -> Markup:
    rows = sorted_rows(result)
    if not rows:
        return NOTHING
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    cut = html("{shown} of {count}, worst first. {rest}", shown=ROWS, count=count, rest=rest)
    return html(
        '<table class="rb-rows"><caption>Evidence, {n}</caption><thead><tr><th scope="col">Status</th><th scope="col">Resource</th>'
        '<th scope="col">What was seen</th></tr></thead><tbody>{rows}</tbody></table>',
        n=cut if len(rows) > ROWS else count, rows=joined(_row(r) for r in rows[:ROWS]),
    )  # fmt: skip


def _row(row: Evidence) -> Markup:
    why = row.accepted.reason if row.accepted else ""
    accepted = (
        html('<p class="rb-aside">{word}, but accepted: {why}</p>', word=row.status.value, why=why) if row.accepted else NOTHING
    )
    return html(
        '<tr><td>{badge}</td><th scope="row">{resource}</th><td>{summary}{accepted}{facts}</td></tr>',
        badge=ACCEPTED if row.accepted else badge(row.status), resource=row.resource,
        summary=row.summary, accepted=accepted, facts=_facts(row),
    )  # fmt: skip


def _facts(row: Evidence) -> Markup:
    return items(list(row.facts.items()), cap=FACTS, style="rb-facts", made=_fact)


def _fact(pair: tuple[str, Fact]) -> Markup:
    return html("<span>{key}</span> {value}", key=pair[0], value=fact(pair[1]))
