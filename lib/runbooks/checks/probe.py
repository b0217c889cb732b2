"""What a visitor would have met just now: a few GETs, each with the status and the body that a healthy platform gives."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runbooks.checks.figures import DEGRADATION, shown
from runbooks.checks.judgement import judge
from runbooks.checks.web import what_is_wrong
from runbooks.estate import EndpointAnswer, Probed
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Settings


def probe_passes(rows: Sequence[Probed], settings: Settings) -> CheckResult:
    """Of a few GETs of each public address, nearly all get the right status and the right body, and soon."""
    limits, seconds = settings.environment.performance.probe, settings.environment.limits.endpoint_seconds
    answers = [answer for row in rows for answer in row.answers]
    good = [answer for answer in answers if not what_is_wrong(answer)]
    found = [_address(row, limits.errors, seconds) for row in rows]
    result = judge(
        probe_passes, rows, [row for row in found if row.status is not Status.PASS], settings,
        good=f"{len(good)} of {len(answers)} answers are right; p95 {quantile(good, 0.95):.2f} s from here",
        expected=f"fewer than {limits.errors:.0%} wrong, p95 within {seconds:g} s", next_step=DEGRADATION,
    )  # fmt: skip
    return shown(result, found)


def quantile(answers: Sequence[EndpointAnswer], share: float) -> float:
    """Return the time, in seconds, within which this share of the answers came; the closest rank, 0 where there is none."""
    ordered = sorted(answer.seconds for answer in answers)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0


def _address(row: Probed, errors: float, seconds: float) -> Evidence:
    wrong = [what for answer in row.answers if (what := what_is_wrong(answer))]
    tries, slow = len(row.answers), quantile(row.answers, 0.95)
    asked = f"{tries} GETs" if tries == row.planned else f"{tries} of {row.planned} GETs that there was time for"
    facts: dict[str, Fact] = {"what": row.name, "GETs": tries, "wrong": len(wrong), "p95 s": round(slow, 3)}
    if not tries:
        return Evidence(resource=row.url, status=Status.UNKNOWN, summary="there was no time for a GET", facts=facts)
    if len(wrong) / tries >= errors:
        summary = f"{len(wrong)} of {asked} went wrong, limit {errors:.0%}: {wrong[0]}"
        return Evidence(resource=row.url, status=Status.FAIL, summary=summary, facts=facts)
    if slow > seconds:
        summary = f"p95 {slow:.1f} s over {asked}, limit {seconds:g} s"
        return Evidence(resource=row.url, status=Status.WARN, summary=summary, facts=facts)
    return Evidence(resource=row.url, status=Status.PASS, summary=f"{asked} right, p95 {slow:.2f} s", facts=facts)
