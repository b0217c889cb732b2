"""How a result changes by what could not be read, and how a run sums up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runbooks.checks.judgement import claim
from runbooks.errors import Unreadable
from runbooks.model import Blind, CheckResult, Reason, Status

_NAMED = 3  # names in a sentence before it stops being one


def with_blind(result: CheckResult, blind: Sequence[Blind]) -> CheckResult:
    """Return the result with what could not be read: it can be no better than UNKNOWN, and says so."""
    if not blind:
        return result if result.status is not Status.UNKNOWN or result.blind else _empty(result)
    calls = ", ".join(dict.fromkeys(item.sentence for item in blind[:_NAMED]))
    said = f"{len(blind)} could not be read: {calls}"
    if result.status in (Status.FAIL, Status.UNKNOWN):
        return result.model_copy(update={"blind": (*result.blind, *blind), "summary": f"{result.summary}; {said}"})
    return result.model_copy(update={"status": Status.UNKNOWN, "blind": tuple(blind), "summary": said})


def _empty(result: CheckResult) -> CheckResult:
    """An UNKNOWN without a reason comes from evidence that says why by itself, or from answers that held nothing."""
    if result.evidence:
        return result
    blind = Blind(call="all calls of this check", reason=Reason.NO_DATA, detail="the answers held no row")
    return result.model_copy(update={"blind": (blind,)})


def unreadable(check: Callable[..., CheckResult], blind: Blind) -> CheckResult:
    """Return the result of a check that got no rows to judge."""
    return CheckResult(name=check.__name__, claim=claim(check), status=Status.UNKNOWN, summary=blind.sentence, blind=(blind,))


def reason_of(error: Exception, calls: Sequence[str]) -> Blind:
    """Return why a source or check ended in `error`; anything but Unreadable is a defect of ours, and named as one."""
    if isinstance(error, Unreadable):
        return error.blind
    what = f"{type(error).__name__}: {error}"[:400]
    return Blind(call=calls[-1] if calls else "no call", reason=Reason.DEFECT, detail=what)


def sentence(results: Sequence[CheckResult]) -> str:
    """Say in one sentence how the checks went, the worst first."""
    parts = []
    for status, word in ((Status.FAIL, "failed"), (Status.UNKNOWN, "could not be checked"), (Status.WARN, "warned")):
        names = [result.name for result in results if result.status is status]
        if names:
            parts.append(f"{len(names)} {word} ({', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''})")
    passed = sum(result.status is Status.PASS for result in results)
    return "; ".join([*parts, f"{passed} of {len(results)} checks passed"])
