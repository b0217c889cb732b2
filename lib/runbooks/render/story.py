"""What the rows of a daily report say, part by part: what to look at, what was not seen, what changed, areas, work, runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from runbooks.model import CheckResult, Evidence, Fact, Status, Verdict
from runbooks.render.findings import Alike, grouped
from runbooks.render.markup import NOTHING, folded, html, items, joined
from runbooks.render.result import badge
from runbooks.render.text import line, moment
from runbooks.settings import utc

FIRST = 3  # things to look at
LISTED = 5  # rows of one kind; all of them are with the steps
FOLDED = 50
SENTENCE = 180  # characters of one row
BAD = (Status.FAIL, Status.UNKNOWN, Status.WARN)
_PAGE = re.compile(r"[a-z0-9][a-z0-9-]*/[0-9]{4}-[0-9]{2}-[0-9]{2}/[a-z0-9][a-z0-9-]*-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}\.html")


class Story:
    """The parts of the page that tell rows of results."""

    def __init__(self, verdict: Verdict, results: Mapping[str, CheckResult], *, many: bool, page: bool) -> None:
        self.now = utc(verdict.window.end)
        self.results = results
        self.many = many
        self.page = page
        self.found = grouped(rows_of(results, "findings_told"))

    def first(self) -> Markup:
        """Return the three things to look at: what failed, or else what warns; what could not be checked has its own part."""
        worth = [item for item in self.found if item.first.status in (Status.FAIL, Status.WARN)]
        if not worth:
            return _quiet("Nothing needs anybody." if "findings_told" in self.results else "The findings of the day are not known.")
        more = f"{len(worth) - FIRST} more stand below." if len(worth) > FIRST else ""
        shown = items(worth[:FIRST], cap=FIRST, style="rb-told", made=self._item)
        return joined([shown, html('<p class="rb-more">{more}</p>', more=more) if more else NOTHING])

    def unseen(self) -> Markup:
        """Return what could not be checked: records that say nothing of today, and of each runbook what it did not see."""
        missing = [row for row in rows_of(self.results, "records_told") if row.status is Status.UNKNOWN]
        blind: dict[tuple[object, ...], list[Evidence]] = {}
        for row in (row for item in self.found if item.first.status is Status.UNKNOWN for row in item.rows):
            blind.setdefault((row.facts.get("environment"), row.facts.get("runbook")), []).append(row)
        if not missing and not blind:
            return _quiet(
                "Everything was checked." if "records_told" in self.results else "Not known: the report did not get so far."
            )
        told = [*(self._item(Alike((row,))) for row in missing), *(self._blind(rows) for rows in blind.values())]
        return items(told, cap=LISTED, style="rb-told")

    def _blind(self, rows: Sequence[Evidence]) -> Markup:
        first = rows[0]
        page, runbook = first.facts.get("page"), _short(str(first.facts.get("runbook", "")))
        names = list(dict.fromkeys(str(row.facts.get("check")) for row in rows))
        return html(
            "{badge} <b>{runbook}{place}</b> {names}. <small>{why}</small>",
            badge=badge(Status.UNKNOWN), runbook=self._link(runbook, page if self.page else None), place=self._place(first),
            names=_names(names), why=_why(rows),
        )  # fmt: skip

    def changes(self) -> Markup:
        """Return what changed: new rows, recovered ones, flapping ones, those that cannot be seen any more; the rest is folded."""
        result = self.results.get("changes_told")
        if result is None:
            return _quiet("Not known: the report did not get so far.")
        by_kind: dict[str, list[Evidence]] = {}
        for row in result.evidence:
            by_kind.setdefault(str(row.facts.get("kind")), []).append(row)
        kinds = (("new", "new"), ("flapping", "flapping"), ("unseen", "cannot be seen any more"), ("recovered", "recovered"))
        shown = [self._kind(word, rows) for kind, word in kinds if (rows := by_kind.get(kind))]
        still = by_kind.get("still", [])
        aged = [html("{row} {age}", row=self._row(row), age=self._age(row)) for row in still]
        same = (
            folded(f"{len(still)} still there{self._oldest(still)}", items(aged, cap=FOLDED, style="rb-told")) if still else NOTHING
        )
        without = result.summary.partition("; of the day before ")[2]
        note = (
            f"Of the day before {without if self.many else 'there is no record'}. "
            if without
            else ""
            if shown or still
            else "Nothing changed. "
        )
        return joined([*shown, same, html("<p>{said}</p>", said=f"{note}{self._deployed()}")])

    def listing(self, name: str) -> Markup:
        """Return the rows of a result, a line each."""
        return items(rows_of(self.results, name), cap=FOLDED, style="rb-told", made=self._line)

    def areas(self) -> Markup:
        """Return the areas; those that are well share one line."""
        rows = rows_of(self.results, "areas_told")
        bad, well = [row for row in rows if row.status in BAD], [row for row in rows if row.status not in BAD]
        said = html(", ").join(html("<b>{title}</b> {n}", title=row.resource, n=row.facts.get("passed", 0)) for row in well)
        fine = html("<li>{badge} {said} checks passed</li>", badge=badge(Status.PASS), said=said) if well else NOTHING
        told = joined(html("<li>{row}</li>", row=self._line(row)) for row in bad)
        return html('<ul class="rb-told">{told}{fine}</ul>', told=told, fine=fine) if rows else NOTHING

    def work(self) -> Markup:
        """Return what waits to be planned."""
        found = [self.results[name] for name in ("acceptances_current", "runbooks_reviewed") if name in self.results]
        rows = [row for result in found for row in result.evidence if row.status in BAD]
        if rows:
            return items(rows, cap=LISTED, style="rb-told", made=self._line)
        return _quiet("; ".join(result.summary for result in found) + ".") if found else NOTHING

    def runs(self) -> Markup:
        """Return what the day's runs asked, cost and took, with links to their reports."""
        result = self.results.get("cost_told")
        if result is None:
            return NOTHING
        links = [
            html("<span>{link}</span>", link=self._link(f"{_short(key)}{self._place(row)}", value))
            for row in result.evidence
            for key, value in row.facts.items()
            if isinstance(value, str) and _PAGE.fullmatch(value)
        ]
        said = html("<p>{said}.</p>", said=result.summary)
        return joined([said, html('<p class="rb-links">{links}</p>', links=joined(links)) if links and self.page else NOTHING])

    def _kind(self, word: str, rows: Sequence[Evidence]) -> Markup:
        """Return one kind in a line: names alone, because what is wrong with them stands above."""
        status = next((row.status for status in BAD for row in rows if row.status is status), Status.PASS)
        named = [
            html("<b>{name}</b>{place}", name=cut(name, 60), place=place)
            for name, place in dict.fromkeys((row.resource, self._place(row)) for row in rows)
        ]
        more = html(" and {n} more", n=len(named) - LISTED) if len(named) > LISTED else NOTHING
        return html(
            "<p>{badge} {n} {word}: {names}{more}</p>", badge=badge(status), n=len(rows), word=word,
            names=html(", ").join(named[:LISTED]), more=more,
        )  # fmt: skip

    def _oldest(self, rows: Sequence[Evidence]) -> str:
        since = min((str(row.facts["since"]) for row in rows if row.facts.get("since")), default="")
        return f", the oldest {said}" if (said := self._days(since)) else ""

    def _deployed(self) -> str:
        result = self.results.get("deployments_told")
        if result is None:
            return ""
        names = ", ".join(f"{row.resource} at {_clock(row.facts.get('at'))}" for row in result.evidence[:LISTED])
        more = len(result.evidence) - LISTED
        if not names:
            return f"{result.summary[:1].upper()}{result.summary[1:]}."
        return f"Deployed: {names}{f' and {more} more' if more > 0 else ''}."

    def _item(self, item: Alike) -> Markup:
        row, more = item.first, len(item.rows) - 1
        said = html("{row}{more}", row=self._row(row), more=f" (and {more} more like it)" if more else "")
        step = row.facts.get("next")
        ask = html(' <span class="rb-key">Next</span> {step}', step=step) if step else NOTHING
        page = row.facts.get("page")
        link = html(" {link}", link=self._link("report", page)) if page and self.page else NOTHING
        return html(
            "{said} <small>{where}{age}</small>{link}{ask}",
            said=said,
            where=self._where(row),
            age=self._since(row),
            link=link,
            ask=ask,
        )

    def _row(self, row: Evidence) -> Markup:
        return html(
            "{badge} <b>{name}</b> {what}", badge=badge(row.status), name=row.resource, what=line(row.summary, limit=SENTENCE)
        )

    def _line(self, row: Evidence) -> Markup:
        return (
            html("{row} <small>{where}</small>", row=self._row(row), where=self._place(row).strip(", "))
            if self.many
            else self._row(row)
        )

    def _where(self, row: Evidence) -> str:
        return ", ".join(str(word) for word in (row.facts.get("check"), self._place(row).strip(", ")) if word)

    def _place(self, row: Evidence) -> str:
        return f", {row.facts.get('environment', '')}" if self.many and row.facts.get("environment") else ""

    def _since(self, row: Evidence) -> str:
        if row.facts.get("kind") == "new":
            return ", new"
        return f", {said}" if (said := self._days(row.facts.get("since"))) else ""

    def _age(self, row: Evidence) -> Markup:
        return html("<small>{said}</small>", said=self._days(row.facts.get("since")))

    def _days(self, since: Fact) -> str:
        try:
            days = round((self.now - utc(datetime.fromisoformat(str(since)))).total_seconds() / 86_400)
        except (ValueError, OverflowError):
            return ""
        return "since today" if days < 1 else "for a day" if days == 1 else f"for {days} days"

    def _link(self, word: str, page: Fact) -> Markup:
        if not isinstance(page, str) or not _PAGE.fullmatch(page):
            return html("{word}", word=word)
        return html('<a href="./../../{page}">{word}</a>', page=page, word=word)


def _quiet(sentence: str) -> Markup:
    return html("<p>{sentence}</p>", sentence=sentence)


def _why(rows: Sequence[Evidence]) -> str:
    """Say which calls failed and why; a row without a call says it in its sentence."""
    calls = dict.fromkeys((row.facts.get("call"), row.facts.get("reason")) for row in rows if row.facts.get("call"))
    said = "; ".join(f"{call}: {reason}" for call, reason in list(calls)[:FIRST])
    return cut(said or rows[0].summary)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)} {'check' if len(names) == 1 else 'checks'}: {', '.join(names[:LISTED])}{more}"


def cut(said: object, most: int = SENTENCE) -> str:
    """Return a text in one line of at most so many characters; all of it stands with the steps."""
    told = line(said)
    return told if len(told) <= most else f"{told[: most - 1].rstrip()}…"


def _short(name: str) -> str:
    return name.rpartition("/")[2].replace("-", " ").capitalize()


def _clock(when: Fact) -> str:
    try:
        return moment(datetime.fromisoformat(str(when)))
    except (ValueError, OverflowError):
        return line(when, limit=40)


def rows_of(results: Mapping[str, CheckResult], name: str) -> tuple[Evidence, ...]:
    """Return the rows of a result, none where the report did not come to it."""
    return results[name].evidence if name in results else ()
