"""What REPORT lines tell and no metric does: calls that ran out of time or memory, and calls that found nobody awake."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.checks.figures import number, shown
from runbooks.checks.judgement import judge
from runbooks.estate import FunctionLog
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Performance, Settings


def calls_complete(logs: Sequence[FunctionLog], settings: Settings) -> CheckResult:
    """No call ran out of time or memory or crashed, and where calls come often, most of them find an environment awake."""
    limits = settings.environment.performance
    hours = (settings.window.end - settings.window.start).total_seconds() / 3600
    calls, cold = sum(log.durations.count for log in logs), sum(log.inits.count for log in logs)
    # logs that hold no line at all prove nothing: nothing was called, or the functions may not write
    heard = logs if any(log.reading.looked_at for log in logs) else ()
    result = judge(
        calls_complete, heard, [_function(log, limits, hours) for log in heard], settings,
        good=f"none of {calls:,} logged calls ran out of time or memory; {cold:,} were cold",
        expected=f"no timeout, no crash, memory to spare; at most {limits.cold_starts:.0%} cold where calls come often",
        next_step="troubleshooting/lambda-function",
    )  # fmt: skip
    return shown(result, [_row(log, Status.PASS, _cold(log)) for log in logs if log.durations.count])


def _function(log: FunctionLog, limits: Performance, hours: float) -> Evidence | None:
    ended = {"ran out of time": log.timeouts, "used all their memory": log.out_of_memory, "ended in a crash": log.crashes}
    if bad := [f"{count:,} {what}" for what, count in ended.items() if count]:
        longest = f", the longest took {number(log.durations.most, 'ms')}" if log.durations.count else ""
        return _row(log, Status.FAIL, f"of {log.durations.count:,} logged calls {' and '.join(bad)}{longest}")
    often = log.durations.count / hours >= limits.cold_calls_hour
    if often and log.inits.count / log.durations.count > limits.cold_starts:
        return _row(log, Status.WARN, f"{_cold(log)}, limit {limits.cold_starts:.0%}")
    return None


def _cold(log: FunctionLog) -> str:
    took = f", p95 of their start {number(log.inits.p95, 'ms')}" if log.inits.count else ""
    return f"{log.inits.count:,} of {log.durations.count:,} calls were cold ({log.inits.count / log.durations.count:.0%}){took}"


def _row(log: FunctionLog, status: Status, summary: str) -> Evidence:
    facts: dict[str, Fact] = {
        "calls logged": log.durations.count, "timeouts": log.timeouts, "out of memory": log.out_of_memory, "crashes": log.crashes,
        "cold": log.inits.count, "longest": number(log.durations.most, "ms"), "read by": log.reading.how,
    }  # fmt: skip
    return Evidence(resource=log.function, status=status, summary=summary, facts=facts)
