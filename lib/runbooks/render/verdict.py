"""The verdict as HTML: what is wrong, what could not be seen, what is accepted, what is well, what was done, by whom."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from runbooks.model import CheckResult, Evidence, Hypothesis, Outcome, Verdict
from runbooks.render.findings import Findings, Weakness, findings, shown_status, telling
from runbooks.render.markup import NOTHING, folded, html, items, joined
from runbooks.render.plan import changes_html, plan_html
from runbooks.render.result import age, badge, blind_html, expected_html, next_html
from runbooks.render.text import day, fact, moment, period

TOLD = 12  # rows told of one check; all of them are with the check itself
LISTED = 100  # checks and weaknesses listed by name


def verdict_html(verdict: Verdict, *, page: bool = False) -> Markup:
    """Return the verdict; with `page` its title is the first heading of a page, and each check links to its evidence below."""
    found, level = findings(verdict), 2 if page else 3
    sections = [
        _section("What failed", joined(_check(r, page=page) for r in found.failed), level),
        _section("Possible causes", _causes(verdict.causes), level),
        _section("What could not be seen", joined(_unseen(r, page=page) for r in found.unseen), level),
        _section("Warnings", joined(_check(r, page=page) for r in found.warned), level),
        _section("Accepted weaknesses", joined(_weakness(w, page=page) for w in found.accepted), level),
        _section("What is well", _well(found, page=page), level),
        _section("Changes", _changes(verdict), level),
        _section("This run", _run(verdict), level),
    ]
    return html(
        '<section class="rb rb-verdict"{label}>{head}{sections}</section>',
        label=html(' id="verdict" aria-label="Verdict"') if page else NOTHING,
        head=_head(verdict, found, level - 1), sections=joined(sections),
    )  # fmt: skip


def anchor(name: str) -> str:
    """Return the id under which a page shows the check `name`."""
    return "check-" + re.sub(r"[^A-Za-z0-9_-]", "-", name)[:80]


def _head(verdict: Verdict, found: Findings, level: int) -> Markup:
    status = shown_status(verdict)
    ended = html('<p class="rb-ended">The run did not complete: {outcome}.</p>', outcome=verdict.outcome.value)
    due = html('<p class="rb-due"><span class="rb-key">Escalation</span> {due}</p>', due=verdict.escalation)
    return html(
        '<div class="rb-head rb-is-{tone}"><h{level} class="rb-title"><span class="rb-word">{word}</span> {title}</h{level}>'
        '<p class="rb-where"><b>{environment}</b> <span>{period}</span> <span>{runbook}</span></p>'
        '<p class="rb-sentence">{summary}</p>{ended}<p class="rb-tally">{tally}</p>{due}</div>',
        tone=status.lower(), level=level, word=status.value, title=verdict.title, environment=verdict.environment,
        period=period(verdict.window), runbook=verdict.runbook, summary=verdict.summary, tally=found.tally,
        ended=NOTHING if verdict.outcome is Outcome.COMPLETED else ended, due=due if verdict.escalation else NOTHING,
    )  # fmt: skip


def _section(title: str, content: Markup, level: int) -> Markup:
    if not content:
        return NOTHING
    return html('<div class="rb-part"><h{n}>{title}</h{n}>{content}</div>', n=level, title=title, content=content)


def _check(result: CheckResult, *, page: bool) -> Markup:
    return html(
        '<div class="rb-check rb-{tone}"><p class="rb-line">{badge} <b>{summary}</b></p><p class="rb-claim">{claim} {name}</p>'
        "{expected}{rows}{next}</div>",
        tone=result.status.lower(), badge=badge(result.status), summary=result.summary, claim=result.claim,
        name=_name(result.name, page=page), expected=expected_html(result),
        rows=items(telling(result), cap=TOLD, style="rb-told", made=_row), next=next_html(result),
    )  # fmt: skip


def _row(row: Evidence) -> Markup:
    return html("{badge} <code>{on}</code><br>{what}", badge=badge(row.status), on=row.resource, what=row.summary)


def _unseen(result: CheckResult, *, page: bool) -> Markup:
    note = NOTHING if result.required else html('<p class="rb-aside">This check is optional.</p>')
    step = next_html(result) if result.status.value == "UNKNOWN" else NOTHING
    return html(
        '<div class="rb-check rb-unknown"><p class="rb-line">{badge} <b>{summary}</b></p><p class="rb-claim">{claim} {name}</p>'
        "{note}{blind}{next}</div>",
        badge=badge(result.status), summary=result.summary, claim=result.claim, name=_name(result.name, page=page), note=note,
        blind=blind_html(result), next=step,
    )  # fmt: skip


def _name(check: str, *, page: bool) -> Markup:
    if not page:
        return html("<code>{name}</code>", name=check)
    return html('<a href="#{id}"><code>{name}</code></a>', id=anchor(check), name=check)


def _causes(causes: Sequence[Hypothesis]) -> Markup:
    return joined(_cause(c) for c in sorted(causes, key=lambda c: -c.weight))


def _cause(cause: Hypothesis) -> Markup:
    speaks = [*_said("for", cause.supporting), *_said("against", cause.opposing), *_said("not seen", cause.unseen)]
    ask = html('<p class="rb-next"><span class="rb-key">Ask next</span> {question}</p>', question=cause.next_question)
    return html(
        '<div class="rb-check"><p class="rb-line"><b>{summary}</b></p><p class="rb-claim">weight {weight} <code>{name}</code></p>'
        "{speaks}{ask}</div>",
        summary=cause.summary, weight=f"{cause.weight:.2g}", name=cause.name, speaks=items(speaks, cap=TOLD),
        ask=ask if cause.next_question else NOTHING,
    )  # fmt: skip


def _said(word: str, sentences: Sequence[str]) -> list[Markup]:
    return [html('<span class="rb-key">{word}</span> {sentence}', word=word, sentence=s) for s in sentences]


def _weakness(weakness: Weakness, *, page: bool) -> Markup:
    accepted = weakness.acceptance
    names: dict[str, list[str]] = {}
    for row in weakness.rows:
        names.setdefault(row.summary, []).append(row.resource)
    return html(
        '<div class="rb-check rb-skip"><p class="rb-line"><b>{reason}</b></p><p class="rb-claim">Accepted by {owner} until {until} '
        "{name}</p>{what}</div>",
        reason=accepted.reason, owner=accepted.owner, until=day(accepted.expires), name=_name(weakness.check, page=page),
        what=items(list(names.items()), cap=TOLD, style="rb-told", made=_weak_names),
    )  # fmt: skip


def _weak_names(named: tuple[str, Sequence[str]]) -> Markup:
    what, names = named
    return html("{what}<br>{names}", what=what, names=_names(names))


def _names(names: Sequence[str]) -> Markup:
    more = html(" and {n} more", n=len(names) - TOLD) if len(names) > TOLD else NOTHING
    return html(
        "<small>{names}{more}</small>", names=html(", ").join(html("<code>{n}</code>", n=n) for n in names[:TOLD]), more=more
    )


def _well(found: Findings, *, page: bool) -> Markup:
    def told(result: CheckResult) -> Markup:
        name = _name(result.name, page=page)
        return html("{badge} {summary} {name}", badge=badge(result.status), summary=result.summary, name=name)

    return items((*found.passed, *found.skipped), cap=LISTED, style="rb-plain", made=told)


def _changes(verdict: Verdict) -> Markup:
    made = changes_html(verdict.changes, caption="Changes made") if verdict.changes else html("<p>Nothing was changed.</p>")
    return joined([made, *(plan_html(p) for p in verdict.plans)])


def _run(verdict: Verdict) -> Markup:
    total = sum(verdict.calls.values())
    who = [
        ("Run by", verdict.operator), ("Reason", verdict.reason or "none given"), ("Incident", verdict.incident or "none"),
        ("Account", f"{verdict.account}, {verdict.region}"), ("Started", moment(verdict.started)),
        ("Finished", f"{moment(verdict.finished)}, after {_seconds(verdict)}"),
        ("Run id", verdict.run_id), ("Journal head", verdict.journal_head or "none"),
        ("Redacted", "1 value" if verdict.redactions == 1 else f"{verdict.redactions} values"),
    ]  # fmt: skip
    who += [("Shared", f"{r.name}{age(r, started=verdict.started)}") for r in verdict.results if r.as_of][:LISTED]
    calls = sorted(verdict.calls.items(), key=lambda pair: (-pair[1], pair[0]))
    return joined([
        _pairs(dict(who)),
        folded(f"Calls made: {total}", _pairs(dict(calls))) if calls else NOTHING,
        folded("Parameters", _pairs({k: fact(v) for k, v in verdict.parameters.items()})) if verdict.parameters else NOTHING,
        folded("Versions", _pairs(verdict.versions)) if verdict.versions else NOTHING,
    ])  # fmt: skip


def _seconds(verdict: Verdict) -> str:
    return f"{(verdict.finished - verdict.started).total_seconds():.3g} s"


def _pairs(pairs: Mapping[str, object]) -> Markup:
    said = [html("<div><dt>{key}</dt><dd>{value}</dd></div>", key=k, value=v) for k, v in list(pairs.items())[:LISTED]]
    return html('<dl class="rb-pairs">{said}</dl>', said=joined(said))
