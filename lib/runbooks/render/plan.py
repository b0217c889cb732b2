"""Plans and changes: what would be written, what was there, and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from runbooks.model import Change, Plan
from runbooks.render.markup import NOTHING, folded, html, joined, text
from runbooks.render.text import line, plain

CHANGES = 50


def plan_html(plan: Plan) -> Markup:
    """Return a plan: its sentence, its digest, and its changes in order with before, after and undo."""
    return html(
        '<div class="rb rb-plan"><p class="rb-line"><b>{summary}</b></p><p class="rb-claim">Plan <code>{digest}</code> for '
        "{environment}, account {account}</p>{changes}</div>",
        summary=plan.summary, digest=plan.digest, environment=plan.environment, account=plan.account,
        changes=changes_html(plan.changes, caption="Planned changes") if plan.changes else html("<p>It changes nothing.</p>"),
    )  # fmt: skip


def plan_text(plan: Plan) -> str:
    """Return a plan for a terminal."""
    head = f"plan {plan.digest}  {line(plan.summary)}  ({line(plan.environment)}, account {line(plan.account)})"
    return "\n".join([head, *changes_text(plan.changes)] if plan.changes else [head, "        it changes nothing"])


def changes_html(changes: Sequence[Change], *, caption: str) -> Markup:
    """Return changes as a table, at most fifty."""
    more = html('<p class="rb-more">{n} more changes are in the notebook</p>', n=len(changes) - CHANGES)
    return html(
        '<table class="rb-rows rb-changes"><caption>{caption}</caption><thead><tr><th scope="col">Change</th>'
        '<th scope="col">Before and after</th><th scope="col">Way back</th></tr></thead><tbody>{rows}</tbody></table>{more}',
        caption=caption, rows=joined(_row(c) for c in changes[:CHANGES]), more=more if len(changes) > CHANGES else NOTHING,
    )  # fmt: skip


def changes_text(changes: Sequence[Change]) -> list[str]:
    """Return changes as lines."""
    lines = [
        f"        {line(c.summary)}  [{line(c.service)}:{line(c.operation)}]  undo: {line(_way_back(c))}" for c in changes[:CHANGES]
    ]
    return lines + ([f"        {len(changes) - CHANGES} more"] if len(changes) > CHANGES else [])


def _row(change: Change) -> Markup:
    values = html(
        "<pre>{before}</pre><pre>{after}</pre>", before=_values("before", change.before), after=_values("after", change.after)
    )
    return html(
        '<tr><th scope="row">{summary}<br><code>{service}:{operation}</code></th><td>{values}{params}</td><td>{back}</td></tr>',
        summary=change.summary, service=change.service, operation=change.operation, values=values, back=_way_back(change),
        params=folded("Call", html("<pre>{params}</pre>", params=_values("parameters", change.params))),
    )  # fmt: skip


def _way_back(change: Change) -> str:
    return change.undo.summary if change.undo else f"none: {change.no_undo or 'no reason was given'}"


def _values(title: str, values: Mapping[str, Any]) -> Markup:
    said = "\n".join(
        f"  {line(key)} = {line(json.dumps(value, default=str, ensure_ascii=False), limit=300)}" for key, value in values.items()
    )
    return text(plain(f"{title}\n{said}" if said else f"{title}\n  nothing"))
