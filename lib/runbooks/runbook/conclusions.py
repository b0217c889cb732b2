"""How a result changes by what could not be read, and how a run sums up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runbooks.checks.judgement import claim
from runbooks.errors import Unreadable
from runbooks.gateway import Reader
from runbooks.model import Blind, CheckResult, Plan, Reason, Status

_NAMED = 3  # names in a sentence before it stops being one


def with_blind(result: CheckResult, reader: Reader) -> CheckResult:
    """Return the result with what its reader could not read: it can be no better than UNKNOWN, and says so."""
    blind = tuple(reader.blind)
    if not blind:
        return _empty(result, list(reader.used)) if result.status is Status.UNKNOWN and not result.evidence else result
    said = told(blind)
    if result.status is Status.FAIL or result.evidence:
        return result.model_copy(update={"blind": blind, "summary": f"{result.summary}; {said}", "status": _dimmed(result.status)})
    return result.model_copy(update={"status": Status.UNKNOWN, "blind": blind, "summary": said})


def _dimmed(status: Status) -> Status:
    return Status.FAIL if status is Status.FAIL else Status.UNKNOWN


def told(blind: Sequence[Blind]) -> str:
    """Say in one sentence what could not be read, the same trouble on many resources once."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for item in blind:
        groups.setdefault((item.call, item.reason, item.detail), []).append(item.resource)
    parts = [
        f"{call}{_where(resources)}: {reason}: {detail}" for (call, reason, detail), resources in list(groups.items())[:_NAMED]
    ]
    more = f"; and {len(groups) - _NAMED} more" if len(groups) > _NAMED else ""
    return f"{len(blind)} could not be read: {'; '.join(parts)}{more}"


def _where(resources: Sequence[str]) -> str:
    named = [resource for resource in resources if resource]
    if not named:
        return ""
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return f" on {named[0]}{more}"


def _empty(result: CheckResult, calls: Sequence[str]) -> CheckResult:
    """Say which calls answered with nothing to judge; evidence that is UNKNOWN by itself says why already."""
    blind = tuple(Blind(call=call, reason=Reason.NO_DATA, detail="the answer held nothing to judge") for call in calls)
    return result.model_copy(update={"blind": blind})


def unreadable(check: Callable[..., CheckResult], blind: Blind) -> CheckResult:
    """Return the result of a check that got no rows to judge."""
    return CheckResult(name=check.__name__, claim=claim(check), status=Status.UNKNOWN, summary=blind.sentence, blind=(blind,))


def unplanned(action: Callable[..., Plan], blind: Sequence[Blind], calls: Sequence[str]) -> CheckResult:
    """Return that a plan could not be made, or was made without everything it should know."""
    return CheckResult(
        name=f"plan_{action.__name__}", claim="The plan knows everything it should know.", status=Status.UNKNOWN,
        summary=told(blind), blind=tuple(blind), calls=tuple(calls), required=False,
    )  # fmt: skip


def reason_of(error: Exception, calls: Sequence[str]) -> Blind:
    """Return why a source or check ended in `error`; anything but Unreadable is a defect of ours, and named as one."""
    if isinstance(error, Unreadable):
        return error.blind
    what = f"{type(error).__name__}: {error}"[:400]
    return Blind(call=calls[-1] if calls else "no call", reason=Reason.DEFECT, detail=what)


def sentence(results: Sequence[CheckResult]) -> str:
    """Say in one sentence what matters most: the worst finding in its own words, and how many there are beside it."""
    counted: list[str] = []
    for status, word in ((Status.FAIL, "failed"), (Status.UNKNOWN, "could not be checked"), (Status.WARN, "warned")):
        found = [result for result in results if result.status is status]
        if found and not counted:
            counted.append(found[0].summary)
            counted += [f"{len(found) - 1} more {word}"] if len(found) > 1 else []
        elif found:
            counted.append(f"{len(found)} {word}")
    if counted:
        return "; ".join(counted)
    return f"{sum(result.status is Status.PASS for result in results)} of {len(results)} checks passed"
