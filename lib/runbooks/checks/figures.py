"""Figures in words: the number, and beside it yesterday's, last week's and the band of four weeks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runbooks.estate import Figure, Measured
from runbooks.model import CheckResult, Evidence, Fact, Status

DEGRADATION = "incident/performance-degradation"


def number(value: float | None, unit: str) -> str:
    """Return a number with its unit: times with a tenth of a millisecond, shares with two digits, counts whole."""
    if value is None:
        return "no data"
    match unit:
        case "ms":
            return f"{value:,.1f} ms"
        case "%":
            return f"{value:.2f} %"
    return f"{value:,.0f} {unit}".strip()


def beside(figure: Figure) -> str:
    """Return the figure with what it was before; what is not known of earlier windows is left out."""
    said = [number(figure.value, figure.unit)]
    if figure.yesterday is not None:
        said.append(f"yesterday {number(figure.yesterday, figure.unit)}")
    if figure.last_week is not None:
        said.append(f"a week before {number(figure.last_week, figure.unit)}")
    if figure.band is not None:
        low, high = (number(value, figure.unit) for value in figure.band)
        said.append(f"four weeks {low} to {high}")
    return "; ".join(said)


def facts(figures: Iterable[Figure]) -> dict[str, Fact]:
    """Return the figures as facts of a row of evidence."""
    return {figure.name: beside(figure) for figure in figures}


def shown(result: CheckResult, rows: Iterable[Evidence]) -> CheckResult:
    """Return the result with the figures of all other resources beside those that are wrong: a good day is read too."""
    told = {row.resource for row in result.evidence}
    return result.model_copy(update={"evidence": (*result.evidence, *(row for row in rows if row.resource not in told))})


def silent(rows: Sequence[Measured], name: str, what: str) -> Evidence | None:
    """Return that nothing at all is known, where no resource has the figure: then nothing was seen, and nothing is good."""
    if not rows or any(row.value(name) is not None for row in rows):
        return None
    summary = f"CloudWatch holds no {what} of the window: nothing was called, or this is not where it is published"
    return Evidence(resource=rows[0].resource if len(rows) == 1 else "all of them", status=Status.UNKNOWN, summary=summary)
