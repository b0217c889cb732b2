"""The daily report on one screen: the verdict, what to look at, what was not seen, what changed, then a line for each area.

It is drawn from the verdict of the report alone: the rows of its results, by the names of their checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from runbooks.model import Chart, CheckResult, Evidence, Outcome, Status, Verdict
from runbooks.render.findings import shown_status
from runbooks.render.markup import NOTHING, html, joined
from runbooks.render.result import badge
from runbooks.render.spark import spark
from runbooks.render.story import BAD, FOLDED, Story, cut, rows_of
from runbooks.render.text import moment

REPORT = "reports/daily-report"


def day_html(verdict: Verdict, charts: Sequence[Chart] = (), *, page: bool = False) -> Markup:
    """Return the day; with `page` its title is the first heading of a page, and findings link to the reports they are from."""
    results, level = {result.name: result for result in verdict.results}, 2 if page else 3
    rows = results["environments_well"].evidence if "environments_well" in results else ()
    story = Story(verdict, results, many=len(rows) > 1, page=page)
    urgent = [
        _part("Look at first", story.first(), level),
        _part("Could not be checked", story.unseen(), level),
        _part("Since yesterday", story.changes(), level),
        _part("Objectives", story.listing("budgets_left"), level),
    ]
    calm = [
        _part("Signals", _signals(charts), level),
        _part("Areas", story.areas(), level),
        _part("Work", story.work(), level),
        _part("Runs", story.runs(), level),
    ]
    return html(
        '<section class="rb rb-verdict rb-day"{label}>{head}{environments}<div class="rb-columns"><div>{urgent}</div>'
        "<div>{calm}</div></div></section>",
        label=html(' id="verdict" aria-label="The day"') if page else NOTHING, head=_head(verdict, results, rows, level - 1),
        environments=_part("Environments", _environments(rows), level) if len(rows) > 1 else NOTHING,
        urgent=joined(urgent), calm=joined(calm),
    )  # fmt: skip


def _head(verdict: Verdict, results: Mapping[str, CheckResult], rows: Sequence[Evidence], level: int) -> Markup:
    status = shown_status(verdict)
    where = rows[0].resource if len(rows) == 1 else f"{len(rows)} environments" if rows else verdict.environment
    ended = html('<p class="rb-ended">The report did not complete: {outcome}.</p>', outcome=verdict.outcome.value)
    whose = [str(due) for row in rows_of(results, "findings_told") if (due := row.facts.get("due"))]
    first = min(whose, default=verdict.escalation)  # "P1: ..." comes before "P2: ..."
    due = html('<p class="rb-due"><span class="rb-key">Escalation</span> {due}</p>', due=first)
    return html(
        '<div class="rb-head rb-is-{tone}"><h{level} class="rb-title"><span class="rb-word">{word}</span> {title}, {where}'
        '</h{level}><p class="rb-where"><span>{when}</span></p><p class="rb-sentence">{sentence}</p>{ended}{due}</div>',
        tone=status.lower(), level=level, word=status.value, title=verdict.title, where=where,
        when=moment(verdict.window.end), sentence=_sentence(verdict, results),
        ended=NOTHING if verdict.outcome is Outcome.COMPLETED else ended, due=due if first else NOTHING,
    )  # fmt: skip


def _sentence(verdict: Verdict, results: Mapping[str, CheckResult]) -> str:
    """Say in one sentence how many things there are, or that there are none."""
    told = [results[name] for name in ("findings_told", "records_told", "budgets_left") if name in results]
    if not told or verdict.outcome is not Outcome.COMPLETED:
        return verdict.summary
    found = results.get("findings_told")
    said = [found.summary] if found and found.evidence else []
    missing = [row for row in rows_of(results, "records_told") if row.status is Status.UNKNOWN]
    said += [f"{len(missing)} of the day's records {'says' if len(missing) == 1 else 'say'} nothing of today"] if missing else []
    spent = [row for row in rows_of(results, "budgets_left") if row.status in BAD]
    said += [f"{len(spent)} {'objective' if len(spent) == 1 else 'objectives'} not met or not known"] if spent else []
    work = sum(len(rows_of(results, name)) for name in ("acceptances_current", "runbooks_reviewed"))
    said += [f"{work} {'thing' if work == 1 else 'things'} to plan"] if work else []
    return "; ".join(said) if said else "Everything was seen, and nothing is wrong."


def _part(title: str, content: Markup, level: int) -> Markup:
    if not content:
        return NOTHING
    quiet = (
        html(" rb-quiet") if content.startswith("<p>") and content.count("</p>") == 1 else NOTHING
    )  # a sentence beside its title
    return html(
        '<div class="rb-row{quiet}"><h{n}>{title}</h{n}> <div>{content}</div></div>',
        quiet=quiet, n=level, title=title, content=content,
    )  # fmt: skip


def _environments(rows: Sequence[Evidence]) -> Markup:
    counted = ("failed", "could not be checked", "warned", "passed")
    head = joined(html('<th scope="col">{word}</th>', word=word.capitalize()) for word in counted)
    body = joined(
        html(
            '<tr><td>{badge}</td><th scope="row">{name}</th>{counts}</tr>', badge=badge(row.status), name=row.resource,
            counts=joined(html('<td data-word="{word}">{n}</td>', word=word, n=row.facts.get(word, "")) for word in counted),
        )
        for row in rows[:FOLDED]
    )  # fmt: skip
    return html(
        '<table class="rb-envs"><thead><tr><th scope="col">Status</th><th scope="col">Environment</th>{head}</tr></thead>'
        "<tbody>{body}</tbody></table>",
        head=head, body=body,
    )  # fmt: skip


def _signals(charts: Sequence[Chart]) -> Markup:
    made = joined(
        html('<figure class="rb-signal">{spark}<figcaption><b>{title}</b> {words}</figcaption></figure>', spark=spark(chart),
             title=cut(chart.title, 70), words=cut(chart.words, 110))
        for chart in charts
    )  # fmt: skip
    return html('<div class="rb-signals">{made}</div>', made=made) if charts else NOTHING
