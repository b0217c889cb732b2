"""Attacks on the login, found in attempts whose results are known: pure, in one pass over the attempts in order.

An attack is told by accounts and by programs, never by address: the gateway sees the edge's addresses, which many strangers share.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from runbooks.estate import Login
from runbooks.settings import Logins

HOUR = 3600
EVERYBODY = ""  # the group of all programs together


@dataclass(frozen=True, slots=True)
class Attack:
    """What was found: on whom (an e-mail, or EVERYBODY), by which program, the attempts that show it, and how many accounts failed.

    `accounts` are those that failed in the busiest stretch, of so many `tried` there.
    """

    email: str
    agent: str
    attempts: tuple[Login, ...]
    accounts: int = 1
    tried: int = 1

    @property
    def share(self) -> float:
        """Return the share of accounts that only failed."""
        return self.accounts / self.tried


def brute_force(logins: Sequence[Login], limits: Logins) -> list[Attack]:
    """Return the accounts on which somebody failed too often, quickly or over the whole window."""
    return [
        Attack(email, EVERYBODY, tuple(failed))
        for email, mine in _by_email(logins).items()
        if len(failed := [login for login in mine if login.result.failed]) >= limits.brute_force.failures
        and (
            len(failed) >= limits.brute_force.daily
            or _most([login.at for login in failed], limits.brute_force.minutes * 60) >= limits.brute_force.failures
        )
    ]


def stuffing(logins: Sequence[Login], limits: Logins) -> list[Attack]:
    """Return the bursts in which many accounts only failed, a few tries each: at most one a program, and one of all together.

    All together count only where no single program shows it.
    """
    by_agent = [found for agent, mine in _by_agent(logins).items() if (found := _burst(agent, mine, limits))]
    if by_agent:
        return by_agent
    whole = _burst(EVERYBODY, logins, limits)
    return [whole] if whole else []


def spray(logins: Sequence[Login], limits: Logins) -> list[Attack]:
    """Return the same, slowly: many accounts that only failed, over many hours of which none is busy enough to be a burst."""
    by_agent = [found for agent, mine in _by_agent(logins).items() if (found := _slow(agent, mine, limits))]
    if by_agent:
        return by_agent
    whole = _slow(EVERYBODY, logins, limits)
    return [whole] if whole else []


def takeovers(logins: Sequence[Login], limits: Logins) -> list[Attack]:
    """Return the accounts that somebody got into after many failures, or in the middle of an attack, by the attacker's program."""
    found = {email: attack for email, mine in _by_email(logins).items() if (attack := _guessed(email, mine, limits))}
    for attack in [*stuffing(logins, limits), *spray(logins, limits)]:
        if attack.agent == EVERYBODY or attack.share < limits.takeover.share:
            continue
        margin = limits.takeover.minutes * 60
        first, last = attack.attempts[0].at - margin, attack.attempts[-1].at + margin
        for login in logins:
            if login.agent == attack.agent and login.result.got_in and first <= login.at <= last:
                found.setdefault(login.email, Attack(login.email, attack.agent, (login,), attack.accounts, attack.tried))
    return list(found.values())


def _guessed(email: str, mine: Sequence[Login], limits: Logins) -> Attack | None:
    """Return the success that follows so many failures, one of them by the same program."""
    recent: deque[Login] = deque()
    for login in mine:
        while recent and login.at - recent[0].at > limits.takeover.minutes * 60:
            recent.popleft()
        if login.result.failed:
            recent.append(login)
        elif login.result.got_in and len(recent) >= limits.takeover.failures and any(r.agent == login.agent for r in recent):
            return Attack(email, login.agent, (*recent, login))
    return None


@dataclass(slots=True)
class _Stretch:
    """The attempts within a sliding stretch of time, by account: how many failed, how many got in."""

    failed: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)
    accounts: Counter[str] = field(default_factory=Counter)
    only_failed: set[str] = field(default_factory=set)

    def count(self, login: Login, by: int, tries: int) -> None:
        for counted, concerned in (
            (self.failed, login.result.failed), (self.inside, login.result.got_in), (self.accounts, True)
        ):  # fmt: skip
            if concerned:
                counted[login.email] += by
                if not counted[login.email]:
                    del counted[login.email]
        if 0 < self.failed[login.email] <= tries and not self.inside[login.email]:
            self.only_failed.add(login.email)
        else:
            self.only_failed.discard(login.email)


def _burst(agent: str, mine: Sequence[Login], limits: Logins) -> Attack | None:
    """Return the stretch in which most accounts only failed, if they are enough and most of those that were tried."""
    limit = limits.stuffing
    stretch, first = _Stretch(), 0
    best: tuple[int, int, int, int] = (0, 0, 0, 0)
    for last, login in enumerate(mine):
        stretch.count(login, 1, limit.tries)
        while login.at - mine[first].at > limit.minutes * 60:
            stretch.count(mine[first], -1, limit.tries)
            first += 1
        failed, tried = len(stretch.only_failed), len(stretch.accounts)
        if failed >= limit.accounts and failed / tried >= limit.share:
            best = max(best, (failed, tried, first, last))
    failed, tried, first, last = best
    return Attack(EVERYBODY, agent, tuple(_around(mine, first, last, limit.minutes * 60)), failed, tried) if failed else None


def _around(mine: Sequence[Login], first: int, last: int, seconds: float) -> Iterator[Login]:
    """Yield the attempts of a burst and those that belong to it: before and after it as long as no pause is longer than a tenth."""
    while first > 0 and mine[first].at - mine[first - 1].at <= seconds / 10:
        first -= 1
    while last + 1 < len(mine) and mine[last + 1].at - mine[last].at <= seconds / 10:
        last += 1
    yield from mine[first : last + 1]


def _slow(agent: str, mine: Sequence[Login], limits: Logins) -> Attack | None:
    limit = limits.spray
    failed, inside = Counter[str](), set[str]()
    for login in mine:
        failed[login.email] += login.result.failed
        if login.result.got_in:
            inside.add(login.email)
    only = {email for email, count in failed.items() if 0 < count <= limit.tries and email not in inside}
    hours: dict[int, set[str]] = {}
    for login in mine:
        if login.email in only:
            hours.setdefault(int(login.at // HOUR), set()).add(login.email)
    calm = [emails for emails in hours.values() if len(emails) < limits.stuffing.accounts]
    slow = set().union(*calm)
    if len(calm) < limit.hours or len(slow) < limit.accounts or len(slow) < limit.share * len(failed):
        return None
    shown = tuple(login for login in mine if login.email in slow)
    return Attack(EVERYBODY, agent, shown, len(slow), len(failed))


def _most(times: Sequence[float], seconds: float) -> int:
    """Return how many of the times, in order, lie within `seconds` of each other at most."""
    most, first = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _by_email(logins: Iterable[Login]) -> dict[str, list[Login]]:
    """Return the attempts by account; those without an e-mail are on none."""
    found: dict[str, list[Login]] = {}
    for login in logins:
        if login.email:
            found.setdefault(login.email, []).append(login)
    return found


def _by_agent(logins: Iterable[Login]) -> dict[str, list[Login]]:
    found: dict[str, list[Login]] = {}
    for login in logins:
        found.setdefault(login.agent, []).append(login)
    return found
