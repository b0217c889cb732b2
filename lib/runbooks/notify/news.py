"""What a channel has not heard yet: new, worse, recovered, flapping, and what has gone to the next role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from runbooks.model import Status
from runbooks.notify.finding import Finding, Key
from runbooks.notify.memory import Flips, Heard, Memory
from runbooks.settings import Environment
from runbooks.settings.telling import named


@dataclass(frozen=True, slots=True)
class News:
    """What a channel has not heard yet, and what it will have heard once it was told.

    Attributes:
        new: Not told before, or worse than it was told.
        recovered: Told before, and seen to be gone.
        flapping: Came and went so often that it is told once, and then no more until it has settled.
        escalated: Told before, and now due by the next role.
        still: Told before, and still there.
    """

    new: tuple[Finding, ...]
    recovered: tuple[Finding, ...]
    flapping: tuple[Flips, ...]
    escalated: tuple[Finding, ...]
    still: tuple[Finding, ...]
    then: Heard

    def __bool__(self) -> bool:
        """Say whether there is anything to tell."""
        return bool(self.new or self.recovered or self.flapping or self.escalated)

    @property
    def bad(self) -> tuple[Finding, ...]:
        """Return what somebody has to act on, the worst first."""
        unsettled = [each.finding for each in self.flapping]
        return tuple(sorted((*self.new, *self.escalated, *unsettled), key=lambda each: each.rank))


def news(memory: Memory, channel: str, environment: Environment, now: datetime) -> News:
    """Return what `channel` (of a severity, or a role) has not heard of `environment` yet, as far as it may hear it now."""
    rules, heard = environment.telling, memory.heard.get(channel, Heard())
    told = {each.key: each for each in heard.told}
    present = {each.key: each for each in memory.present if concerns(each, channel, environment)}
    unsettled = {key: each for key, each in memory.flapping(rules.flaps).items() if concerns(each.finding, channel, environment)}
    known = {each.key: each for each in heard.flapping}
    waiting = {
        key for key, each in (told | present | known).items() if rules.quiet.holds(each.severity, now)
    }  # quiet hours: as if nothing had happened to it

    open_now = {key: each for key, each in present.items() if key not in unsettled and key not in waiting}
    new = {key: each for key, each in open_now.items() if key not in told or _worse(each, told[key])}
    escalated = {key: each for key, each in open_now.items() if key not in new and each.level > told[key].level}
    flapping = {key: each for key, each in unsettled.items() if key not in known and key not in waiting}
    gone = {key: each for key, each in (told | known).items() if key not in present and key not in unsettled and key not in waiting}
    still = {key: each for key, each in present.items() if key in told and key not in new and key not in escalated}

    left = {key: each for key, each in told.items() if key not in gone and key not in flapping}
    quietened = {key: each for key, each in known.items() if key in unsettled or key in waiting}
    then = Heard(
        told=_sorted(left | new | escalated), flapping=_sorted(quietened | {key: each.finding for key, each in flapping.items()})
    )
    return News(
        _sorted(new), _sorted(gone), tuple(flapping[key] for key in sorted(flapping)), _sorted(escalated), _sorted(still), then
    )


def concerns(finding: Finding, channel: str, environment: Environment) -> bool:
    """Say whether a channel hears of a finding: the channel of its severity, and the roles it has come to by now."""
    severity = environment.severities.get(finding.severity)
    if severity is None:
        return channel == next(iter(environment.severities.values())).channel  # better told too loudly than not at all
    due = {named(role) for role in severity.escalation[: finding.level + 1]}
    return channel == severity.channel or channel in due


def escalate(memory: Memory, environment: Environment, now: datetime) -> Memory:
    """Return the memory with each open finding at the role that is due by the matrix, unless somebody has taken it."""
    return memory.model_copy(update={"present": tuple(_escalated(each, environment, now) for each in memory.present)})


def taken(memory: Memory, role: str) -> Memory:
    """Return the memory in which `role` has taken over all that is open now: no next role is asked for it."""
    return memory.model_copy(update={"present": tuple(each.model_copy(update={"taken": role}) for each in memory.present)})


def keep(environment: Environment) -> timedelta:
    """Return how long changes of a finding are remembered."""
    return timedelta(hours=environment.telling.flapping_hours)


def _escalated(finding: Finding, environment: Environment, now: datetime) -> Finding:
    severity = environment.severities.get(finding.severity)
    if severity is None or finding.taken:
        return finding
    return finding.model_copy(update={"level": max(finding.level, severity.level(finding.since, now))})


def _worse(finding: Finding, told: Finding) -> bool:
    return finding.status is Status.FAIL and told.status is not Status.FAIL


def _sorted(findings: Mapping[Key, Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings.values(), key=lambda each: each.rank))
