"""How often does it fail: functions, the API, and requests that were turned away."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.checks.figures import DEGRADATION, facts, number, shown, silent
from runbooks.checks.judgement import judge
from runbooks.estate import Measured
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings


def functions_succeed(rows: Sequence[Measured], settings: Settings) -> CheckResult:
    """Of the calls of every function, fewer fail than the limit allows; what a handler catches itself is not among them."""
    limit = 100 * settings.environment.performance.errors
    evidence = [_rate(row, "error rate", "errors", "calls failed", limit, settings) for row in rows]
    result = judge(
        functions_succeed, rows, [silent(rows, "error rate", "calls"), *evidence], settings,
        good=f"{_sum(rows, 'errors')} of {_sum(rows, 'calls')} calls failed", expected=f"below {limit:g} % of the calls",
        next_step=DEGRADATION,
    )  # fmt: skip
    return shown(result, [_rates(row, "errors", "calls", "error rate") for row in rows if row.value("calls") is not None])


def functions_unthrottled(rows: Sequence[Measured], settings: Settings) -> CheckResult:
    """No function turned calls away for want of concurrency."""
    evidence = [_throttled(row, settings) for row in rows]
    result = judge(
        functions_unthrottled, rows, [silent(rows, "throttled", "throttles"), *evidence], settings,
        good=f"{_sum(rows, 'throttled')} of {_sum(rows, 'calls')} calls were throttled", expected="no throttled call",
        next_step="troubleshooting/lambda-function",
    )  # fmt: skip
    return shown(result, [_rates(row, "throttled", "calls", "throttled share") for row in rows if row.value("calls") is not None])


def _throttled(row: Measured, settings: Settings) -> Evidence | None:
    turned_away = row.value("throttled") or 0.0
    if not turned_away:
        return None
    of = row.value("throttled share")
    bad = of is not None and of > 100 * settings.environment.performance.errors
    summary = f"{number(turned_away, 'calls')} were throttled, {number(of, '%')} of those that came"
    return Evidence(
        resource=row.resource, status=Status.FAIL if bad else Status.WARN, summary=summary,
        facts=facts(map(row.figure, ("throttled", "throttled share", "calls"))),
    )  # fmt: skip


def api_succeeds(rows: Sequence[Measured], settings: Settings) -> CheckResult:
    """Of the answers of the API, fewer are server errors than the limit allows, and not many are client errors."""
    limits = settings.environment.performance
    server, client = 100 * limits.errors, 100 * limits.client_errors
    evidence = [
        found
        for row in rows
        for found in (
            silent([row], "5XX rate", "server errors"),
            _rate(row, "5XX rate", "5XX", "answers are server errors", server, settings),
            _client(row, client, settings),
        )
    ]
    result = judge(
        api_succeeds, rows, evidence, settings,
        good="; ".join(f"{number(row.value('5XX'), '')} of {number(row.value('requests'), 'answers')} were 5XX" for row in rows),
        expected=f"5XX below {server:g} %, 4XX below {client:g} %", next_step=DEGRADATION,
    )  # fmt: skip
    return shown(result, [_rates(row, "5XX", "answers", "5XX rate", "4XX rate", "requests") for row in rows])


def _client(row: Measured, limit: float, settings: Settings) -> Evidence | None:
    """A client's mistakes are no failure of ours; so many of them are a warning that a route, or a limit, is not as meant."""
    found = _rate(row, "4XX rate", "4XX", "answers are client errors (429 among them)", limit, settings)
    return found.model_copy(update={"status": Status.WARN}) if found else None


def _rate(row: Measured, rate: str, count: str, what: str, limit: float, settings: Settings) -> Evidence | None:
    """Judge a share; one of few cases is a warning, since chance alone makes it high."""
    of, bad = row.value(rate), row.value(count) or 0.0
    if of is None or of < limit:
        return None
    enough = bad >= settings.environment.performance.least_errors
    few = "" if enough else f"; only {bad:.0f} of them, too few to speak of a share"
    summary = f"{number(of, '%')} of the {what}, limit {limit:g} %{few}"
    return Evidence(
        resource=row.resource,
        status=Status.FAIL if enough else Status.WARN,
        summary=summary,
        facts=facts(map(row.figure, (rate, count))),
    )


def _rates(row: Measured, count: str, what: str, *names: str) -> Evidence:
    of = row.value("calls" if what == "calls" else "requests")
    summary = f"{number(row.value(count), '')} of {number(of, what)}, {number(row.value(names[0]), '%')}"
    return Evidence(resource=row.resource, status=Status.PASS, summary=summary, facts=facts(map(row.figure, names)))


def _sum(rows: Sequence[Measured], name: str) -> str:
    return number(sum(row.value(name) or 0.0 for row in rows), "")
