"""How a result changes by what could not be read, and how a run sums up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runbooks.checks.judgement import claim
from runbooks.errors import Unreadable
from runbooks.gateway import Reader
from runbooks.model import Blind, CheckResult, Reason, Status

_NAMED = 3  # names in a sentence before it stops being one


def with_blind(result: CheckResult, reader: Reader) -> CheckResult:
    """Return the result with what its reader could not read: it can be no better than UNKNOWN, and says so."""
    blind = tuple(reader.blind)
    if not blind:
        return _empty(result, list(reader.used)) if result.status is Status.UNKNOWN and not result.evidence else result
    said = f"{len(blind)} could not be read: {'; '.join(item.sentence for item in blind[:_NAMED])}"
    if result.status in (Status.FAIL, Status.UNKNOWN):
        return result.model_copy(update={"blind": blind, "summary": f"{result.summary}; {said}"})
    return result.model_copy(update={"status": Status.UNKNOWN, "blind": blind, "summary": said})


def _empty(result: CheckResult, calls: Sequence[str]) -> CheckResult:
    """Say which calls answered with nothing to judge; evidence that is UNKNOWN by itself says why already."""
    blind = tuple(Blind(call=call, reason=Reason.NO_DATA, detail="the answer held nothing to judge") for call in calls)
    return result.model_copy(update={"blind": blind})


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
