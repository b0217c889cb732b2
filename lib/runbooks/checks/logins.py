"""Who tried to get in, and did anybody who should not: judged by attempts with their results, never by rows with success false."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from runbooks.checks import attacks, names
from runbooks.checks.attacks import EVERYBODY, Attack
from runbooks.checks.judgement import judge
from runbooks.estate import Login, LoginTrail, Reading
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Logins, Settings

INCIDENT = "incident/security-incident"

Detector = Callable[[Sequence[Login], Logins], list[Attack]]


def logins_mostly_succeed(trails: Sequence[LoginTrail], settings: Settings) -> CheckResult:
    """Most attempts to log in succeed: neither an attack nor a broken login fills the table."""
    limit = settings.environment.security.logins.failing
    evidence = []
    for trail in trails:
        failed, ended = _counted(trail)
        if ended >= limit.least and failed > limit.share * ended:
            summary = f"{failed} of {ended} attempts failed ({failed / ended:.0%}, limit {limit.share:.0%}): {_why(trail)}"
            evidence.append(Evidence(resource=trail.table, status=Status.FAIL, summary=summary, facts=_rows(trail)))
    return judge(
        logins_mostly_succeed, trails, evidence, settings, good="; ".join(map(_told, trails)),
        expected=f"at most {limit.share:.0%} failed, of at least {limit.least} attempts", next_step=INCIDENT,
    )  # fmt: skip


def no_brute_force(trails: Sequence[LoginTrail], settings: Settings) -> CheckResult:
    """Nobody tries one password after the other on one account."""
    limit = settings.environment.security.logins.brute_force
    evidence = [_hammered(attack, settings) for attack in _found(attacks.brute_force, trails, settings)]
    return judge(
        no_brute_force, _accounts(trails), evidence, settings,
        good=f"on no account {limit.failures} failures within {limit.minutes} minutes, or {limit.daily} in the window",
        expected=f"fewer than {limit.failures} failures within {limit.minutes} minutes, and than {limit.daily} in the window",
        next_step=INCIDENT,
    )  # fmt: skip


def no_credential_stuffing(trails: Sequence[LoginTrail], settings: Settings) -> CheckResult:
    """Nobody tries a list of accounts, a few passwords each."""
    limit = settings.environment.security.logins.stuffing
    evidence = [_listed(attack, settings, "in a burst") for attack in _found(attacks.stuffing, trails, settings)]
    return judge(
        no_credential_stuffing, _accounts(trails), evidence, settings,
        good=f"no program failed on {limit.accounts} accounts within {limit.minutes} minutes",
        expected=f"under {limit.accounts} accounts that only fail in {limit.minutes} minutes, or under {limit.share:.0%} of all",
        next_step=INCIDENT,
    )  # fmt: skip


def no_slow_spray(trails: Sequence[LoginTrail], settings: Settings) -> CheckResult:
    """Nobody tries a list of accounts so slowly that no hour shows it."""
    limit = settings.environment.security.logins.spray
    evidence = [_listed(attack, settings, "slowly") for attack in _found(attacks.spray, trails, settings)]
    return judge(
        no_slow_spray, _accounts(trails), evidence, settings,
        good=f"no program failed on {limit.accounts} accounts over {limit.hours} hours",
        expected=f"fewer than {limit.accounts} accounts that only fail over {limit.hours} hours, or under {limit.share:.0%} of all",
        next_step=INCIDENT,
    )  # fmt: skip


def no_takeover(trails: Sequence[LoginTrail], settings: Settings) -> CheckResult:
    """Nobody got in after many failures, or in the middle of an attack."""
    limit = settings.environment.security.logins.takeover
    evidence = [_taken(attack, settings) for attack in _found(attacks.takeovers, trails, settings)]
    return judge(
        no_takeover, _accounts(trails), evidence, settings,
        good=f"no success after {limit.failures} failures within {limit.minutes} minutes, none by an attacker's program",
        expected=f"fewer than {limit.failures} failures within {limit.minutes} minutes before a success", next_step=INCIDENT,
    )  # fmt: skip


def cost(reading: Reading) -> dict[str, Fact]:
    """Return what a reading cost and whether it is all."""
    return {
        "read by": reading.how, "requests": reading.pages, "rows looked at": reading.looked_at,
        "read units": round(reading.capacity, 1), "read to its end": reading.stopped or "yes",
    }  # fmt: skip


def _found(detector: Detector, trails: Sequence[LoginTrail], settings: Settings) -> list[Attack]:
    return [attack for trail in trails for attack in detector(trail.logins, settings.environment.security.logins)]


def _hammered(attack: Attack, settings: Settings) -> Evidence:
    ended = Counter(str(login.result) for login in attack.attempts)
    summary = f"{len(attack.attempts)} failures {_when(attack)}: {_listing(ended)}"
    return Evidence(
        resource=names.account(attack.email), status=Status.FAIL, summary=summary, facts=_who(attack.attempts, settings)
    )


def _listed(attack: Attack, settings: Settings, how: str) -> Evidence:
    inside = {login.email for login in attack.attempts if login.result.got_in}
    summary = (
        f"{attack.accounts} accounts of {attack.tried} only failed, {how}, {_when(attack)}; {len(inside)} accounts were got into"
        f": {_listing(Counter(str(login.result) for login in attack.attempts))}"
    )
    resource = names.program(attack.agent) if attack.agent != EVERYBODY else "many programs"
    return Evidence(resource=resource, status=Status.FAIL, summary=summary, facts=_who(attack.attempts, settings))


def _taken(attack: Attack, settings: Settings) -> Evidence:
    last = attack.attempts[-1]
    before = (
        f"after {len(attack.attempts) - 1} failures" if len(attack.attempts) > 1 else "in the middle of an attack on many accounts"
    )
    summary = f"{last.result} at {_clock(last.at)}, {before}: end its sessions and change its password"
    return Evidence(
        resource=names.account(attack.email), status=Status.FAIL, summary=summary, facts=_who(attack.attempts, settings)
    )


def _who(logins: Sequence[Login], settings: Settings) -> dict[str, Fact]:
    """Return what is known of the clients; an address of the edge is nobody's, and blocking it would block everybody."""
    return {
        "first": _clock(logins[0].at), "last": _clock(logins[-1].at), "programs": names.programs(logins),
        "networks": names.networks((login.address for login in logins), settings.environment.security.edge),
    }  # fmt: skip


def _accounts(trails: Sequence[LoginTrail]) -> Sequence[object]:
    """Return the accounts that were tried; where none was, the tables that say so."""
    return sorted({login.email for trail in trails for login in trail.logins}) or trails


def _counted(trail: LoginTrail) -> tuple[int, int]:
    """Return how many attempts failed, and how many came to an end."""
    failed = sum(login.result.failed for login in trail.logins)
    return failed, failed + sum(login.result.got_in for login in trail.logins)


def _told(trail: LoginTrail) -> str:
    failed, ended = _counted(trail)
    partly = f"; {trail.reading.stopped}" if trail.reading.stopped else ""
    return (
        f"{failed} of {ended} attempts failed ({_why(trail) or 'none'}); a plain count of success=false would say {trail.plain}"
        f"; {trail.reading.looked_at:,} rows read, {trail.reading.pages} requests, {trail.reading.capacity:,.0f} read units{partly}"
    )


def _why(trail: LoginTrail) -> str:
    return _listing(Counter(str(login.result) for login in trail.logins if login.result.failed))


def _rows(trail: LoginTrail) -> dict[str, Fact]:
    return {"rows with success=false": trail.plain, "successes without a first row": trail.unpaired, **cost(trail.reading)}


def _listing(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counted.most_common())


def _when(attack: Attack) -> str:
    first, last = attack.attempts[0].at, attack.attempts[-1].at
    return f"in {max(round((last - first) / 60), 1)} minutes from {_clock(first)}"


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
