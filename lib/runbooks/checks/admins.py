"""What administrators did that they seldom do: exports, clean-ups, bursts, nights, doors that were shut, by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from runbooks.checks import names
from runbooks.checks.judgement import judge
from runbooks.checks.logins import INCIDENT
from runbooks.estate import AdminAct, AdminTrail
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Admin, Settings

REFUSED = (401, 403)


def trail_not_cleaned(trails: Sequence[AdminTrail], settings: Settings) -> CheckResult:
    """Nobody removed rows from the audit log."""
    admin = settings.environment.security.admin
    evidence = [
        _evidence(mine, f"cleaned the audit log {_often(mine)}: what went before can no longer be proven", settings)
        for mine in _by_person(trails, admin.cleaning).values()
    ]
    return judge(
        trail_not_cleaned, _people(trails), evidence, settings, good=f"no clean-up of the audit log, {_read(trails)}",
        expected=f"no {' or '.join(admin.cleaning)}", next_step=INCIDENT,
    )  # fmt: skip


def exports_few(trails: Sequence[AdminTrail], settings: Settings) -> CheckResult:
    """Nobody takes the audit log away in bulk."""
    admin = settings.environment.security.admin
    evidence = [
        _evidence(mine, f"exported the audit log {_often(mine)}, limit {admin.exports}", settings)
        for mine in _by_person(trails, admin.exporting).values()
        if len(mine) > admin.exports
    ]
    return judge(
        exports_few, _people(trails), evidence, settings, good=f"nobody exported the audit log more than {admin.exports} times",
        expected=f"at most {admin.exports} exports by one person in the window", next_step=INCIDENT,
    )  # fmt: skip


def changes_unhurried(trails: Sequence[AdminTrail], settings: Settings) -> CheckResult:
    """Nobody changes many accounts or settings in a burst."""
    admin = settings.environment.security.admin
    evidence = [
        _evidence(burst, f"made {len(burst)} changes within {admin.minutes} minutes, limit {admin.changes}", settings)
        for mine in _by_person(trails, admin.changing).values()
        if len(burst := _burst(mine, timedelta(minutes=admin.minutes))) > admin.changes
    ]
    return judge(
        changes_unhurried, _people(trails), evidence, settings,
        good=f"nobody made more than {admin.changes} changes within {admin.minutes} minutes",
        expected=f"at most {admin.changes} changes by one person within {admin.minutes} minutes", next_step=INCIDENT,
    )  # fmt: skip


def nights_quiet(trails: Sequence[AdminTrail], settings: Settings) -> CheckResult:
    """Nobody exports, cleans up or changes much while nobody is expected at work."""
    admin = settings.environment.security.admin
    rare = (*admin.changing, *admin.exporting, *admin.cleaning)
    evidence = [
        _evidence(mine, f"did {len(mine)} things that are seldom done, at night: {_actions(mine)}", settings)
        for mine in _by_person(trails, rare, lambda act: _at_night(act, admin)).values()
        if len(mine) >= admin.quiet_changes or any(act.action in (*admin.exporting, *admin.cleaning) for act in mine)
    ]
    return judge(
        nights_quiet, _people(trails), evidence, settings,
        good=f"nothing out of the ordinary between {admin.quiet[0]:02d} and {admin.quiet[1]:02d} UTC",
        expected=f"no export, no clean-up and fewer than {admin.quiet_changes} changes by one person in those hours",
        next_step=INCIDENT,
    )  # fmt: skip


def denials_few(trails: Sequence[AdminTrail], settings: Settings) -> CheckResult:
    """Nobody tries doors of the admin service that are shut to them."""
    admin = settings.environment.security.admin
    evidence = [
        _evidence(mine, f"was denied {_often(mine)}, limit {admin.denials}: {_paths(mine)}", settings)
        for mine in _by_person(trails, None, lambda act: act.action in admin.denied or act.status in REFUSED).values()
        if len(mine) > admin.denials
    ]
    return judge(
        denials_few, _people(trails), evidence, settings, good=f"nobody was denied more than {admin.denials} times",
        expected=f"at most {admin.denials} denials of one person in the window", next_step=INCIDENT,
    )  # fmt: skip


def _by_person(
    trails: Sequence[AdminTrail], actions: Collection[str] | None, also: Callable[[AdminAct], bool] = lambda _: True
) -> dict[str, list[AdminAct]]:
    """Return the acts of these actions (None: of all) that `also` holds for, by person, in order."""
    found: dict[str, list[AdminAct]] = {}
    for trail in trails:
        for act in trail.acts:
            if (actions is None or act.action in actions) and also(act):
                found.setdefault(act.person, []).append(act)
    return found


def _people(trails: Sequence[AdminTrail]) -> Sequence[object]:
    """Return who did anything; where nobody did, the tables that say so."""
    return sorted({act.person for trail in trails for act in trail.acts}) or trails


def _burst(mine: Sequence[AdminAct], length: timedelta) -> Sequence[AdminAct]:
    """Return the longest run of acts within `length`."""
    best, first = (0, 0), 0
    for last, act in enumerate(mine):
        while act.at - mine[first].at > length:
            first += 1
        best = max(best, (last - first + 1, first))
    return mine[best[1] : best[1] + best[0]]


def _at_night(act: AdminAct, admin: Admin) -> bool:
    start, end = admin.quiet
    return start <= act.at.hour < end if start <= end else not end <= act.at.hour < start


def _evidence(mine: Sequence[AdminAct], summary: str, settings: Settings) -> Evidence:
    facts: dict[str, Fact] = {
        "first": f"{mine[0].at:%Y-%m-%d %H:%M} UTC", "last": f"{mine[-1].at:%Y-%m-%d %H:%M} UTC", "actions": _actions(mine),
        "account": names.account(mine[0].email), "programs": _programs(mine),
        "networks": names.networks((act.address for act in mine), settings.environment.security.edge),
    }  # fmt: skip
    return Evidence(resource=names.person(mine[0].person), status=Status.FAIL, summary=summary, facts=facts)


def _actions(mine: Sequence[AdminAct]) -> str:
    counted = Counter(names.action(act.action) for act in mine)
    return ", ".join(f"{name} ({count})" for name, count in counted.most_common(5))


def _paths(mine: Sequence[AdminAct]) -> str:
    counted = Counter(names.path(act.path) for act in mine)
    return ", ".join(f"{name} ({count})" for name, count in counted.most_common(3))


def _programs(mine: Sequence[AdminAct]) -> str:
    return ", ".join(name for name, _ in Counter(names.program(act.agent) for act in mine).most_common(3))


def _often(mine: Sequence[AdminAct]) -> str:
    return "once" if len(mine) == 1 else f"{len(mine)} times"


def _read(trails: Sequence[AdminTrail]) -> str:
    return "; ".join(
        f"{len(trail.acts)} acts of {len({act.person for act in trail.acts})} people, {trail.reading.pages} requests for "
        f"{trail.reading.capacity:,.0f} read units"
        for trail in trails
    )
