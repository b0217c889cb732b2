"""One check result, as HTML and as text."""

from __future__ import annotations

from markupsafe import Markup

from runbooks.model import CheckResult, Evidence, Status
from runbooks.render.findings import policy, sorted_rows
from runbooks.render.markup import NOTHING, folded, html, items, joined, text
from runbooks.render.text import fact, line, plain

ROWS = 50  # of evidence
POLICY = 10_000  # characters of an IAM policy
BLIND = 20  # of what could not be seen
FACTS = 12  # of one row
ACCEPTED = html('<span class="rb-badge rb-is-skip">ACCEPTED</span>')


def result_html(result: CheckResult, *, anchor: str = "") -> Markup:
    """Return one result: word and sentence, the claim, the rows that matter, what could not be seen, the next step.

    `anchor` becomes the element's id; the caller keeps it unique in its page.
    """
    return html(
        '<div class="rb rb-result rb-{tone}"{id}><p class="rb-line">{badge} <b>{summary}</b></p>'
        '<p class="rb-claim">{claim} <code>{name}</code></p>{expected}{rows}{blind}{next}</div>',
        tone=result.status.lower(), id=html(' id="{anchor}"', anchor=anchor) if anchor else NOTHING,
        badge=badge(result.status), summary=result.summary, claim=result.claim, name=result.name,
        expected=expected_html(result), rows=_table(result), blind=blind_html(result), next=next_html(result),
    )  # fmt: skip


def result_text(result: CheckResult) -> str:
    """Return one result for a terminal: the same facts in the same order."""
    rows = sorted_rows(result)
    lines = [f"{result.status:<8}{line(result.summary)}  [{line(result.name)}]"]
    lines += [f"        {_row_text(row)}" for row in rows[:ROWS]]
    lines += [f"        {len(rows) - ROWS} more"] if len(rows) > ROWS else []
    lines += blind_text(result)
    lines += [f"        next: {line(result.next_step)}"] if result.next_step and _matters(result) else []
    return "\n".join(lines)


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
    unseen = [
        html("<code>{call}</code>{where}: <b>{reason}</b><br><small>{detail}</small>", call=b.call, reason=b.reason,
             detail=b.detail, where=html(" on <code>{on}</code>", on=b.resource) if b.resource else NOTHING)
        for b in result.blind
    ]  # fmt: skip
    allow = policy(result)
    statement = (
        folded("IAM policy that would allow it", html("<pre>{policy}</pre>", policy=text(plain(allow, limit=POLICY))))
        if allow
        else NOTHING
    )
    return html(
        '<div class="rb-blind"><p class="rb-key">Could not be seen</p>{unseen}{statement}</div>',
        unseen=items(unseen, cap=BLIND), statement=statement,
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


def _table(result: CheckResult) -> Markup:
    rows = sorted_rows(result)
    if not rows:
        return NOTHING
    more = html('<p class="rb-more">{n} more rows are in the notebook</p>', n=len(rows) - ROWS) if len(rows) > ROWS else NOTHING
    return html(
        '<table class="rb-rows"><caption>Evidence, {n}</caption><thead><tr><th scope="col">Status</th><th scope="col">Resource</th>'
        '<th scope="col">What was seen</th></tr></thead><tbody>{rows}</tbody></table>{more}',
        n="1 row" if len(rows) == 1 else f"{len(rows)} rows", rows=joined(_row(r) for r in rows[:ROWS]), more=more,
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
    pairs = [html("<span>{key}</span> {value}", key=k, value=fact(v)) for k, v in row.facts.items()]
    return items(pairs, cap=FACTS, style="rb-facts")
