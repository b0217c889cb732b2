"""Attacks on the login, and what only looks like one: each leaves the rows that the platform's login would write."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import activity, backends, chance, items, tables
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import SECURITY, Fault, Finding

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.people import Person

SCRIPT = "python-requests/2.32.3"
EDGE = "162.158.78.41"
LOCKS = 5  # failures
LOCKED = timedelta(minutes=30)


class _Login:
    """The login of the platform, as far as it writes rows: counts failures, locks, and pairs a success with its failure."""

    def __init__(self, account: Account, word: str) -> None:
        self.dice: Random = chance.dice(items.seed_of(account), word)
        self.people: dict[str, Person] = {person.email: person for person in items.population(account)}
        self.rows = activity.Rows()
        self._account = account
        self._failures: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def tries(self, at: datetime, email: str, *, right: bool = False, agent: str = SCRIPT, address: str = EDGE) -> None:
        """Write what one request leaves."""
        visit = activity.Visit(at, email, address, agent)
        self.rows.attempts.append(activity.attempt(self.dice, visit))
        person = self.people.get(email)
        if person is None or person.status != "active" or at < self._until.get(email, at):
            return
        later = activity.Visit(at + timedelta(milliseconds=self.dice.randint(250, 900)), email, address, agent)
        if right and not person.mfa:
            self.rows.attempts.append(activity.attempt(self.dice, later, success=True))
            entered = {"userId": person.id, "deviceId": chance.hexadecimal(self.dice, 16)}
            self.rows.audit.append(activity.audit(self.dice, later, person.id, "USER_LOGIN", "user", entered))
        elif not right:
            self._failures[email] = failures = self._failures.get(email, 0) + 1
            if failures >= LOCKS:
                self._until[email] = later.at + LOCKED
            details = {"userId": person.id, "attempts": failures, "locked": failures >= LOCKS}
            self.rows.audit.append(activity.audit(self.dice, later, person.id, "FAILED_LOGIN_ATTEMPT", "security", details))

    def plain(self, count: int = 1) -> list[str]:
        """Return active accounts without a second factor."""
        found = [person.email for person in self.people.values() if person.status == "active" and not person.mfa]
        return self.dice.sample(found, count)

    def write(self) -> None:
        """Put the rows into the tables."""
        tables.put(self._account, "boat-login-attempts", self.rows.attempts)
        tables.put(self._account, "boat-audit-logs", self.rows.audit)


def _slow_spray(account: Account) -> None:
    """One popular password on a hundred real accounts, one every thirteen minutes."""
    login = _Login(account, "spray")
    for number, email in enumerate(login.plain(100)):
        login.tries(effects.ago(account, 60 * 23 - 13.4 * number), email, agent="okhttp/4.12.0")
    login.write()


def _takeover(account: Account) -> None:
    """Fourteen tries, the lock is waited out, and the next one is right."""
    login = _Login(account, "takeover")
    (email,) = login.plain()
    start = effects.ago(account, 150)
    for number in range(14):
        login.tries(start + timedelta(seconds=3 * number), email)
    login.tries(start + timedelta(minutes=41), email, right=True)
    login.write()


def _stuffing_hit(account: Account) -> None:
    """A list of addresses from elsewhere, of which two have accounts here with the same password."""
    login = _Login(account, "stuffing hit")
    listed = [f"{chance.word(login.dice, 8, 'abcdefghijklmnoprstuvwy')}@example.net" for _ in range(240)] + login.plain(2)
    login.dice.shuffle(listed)
    start = effects.ago(account, 200)
    for number, email in enumerate(listed):
        login.tries(start + timedelta(seconds=15 * number), email, right=email in login.people, agent="Go-http-client/2.0")
    login.write()


def _patient(account: Account) -> None:
    """One account, a try every half hour through a day: no quarter of an hour shows it."""
    login = _Login(account, "patient")
    (email,) = login.plain()
    for number in range(40):
        login.tries(effects.ago(account, 60 * 22 - 32 * number), email, agent="curl/8.9.1")
    login.write()


def _lost_attempts(account: Account) -> None:
    """The auth function may no longer write attempts: it logs the error, lets people in, and goes on."""
    start = effects.ago(account, 60 * 20)
    kept = backends.of(account, "dynamodb").tables["boat-login-attempts"].items
    for key in [key for key, rows in kept.items() if any(sort.value >= backends.stamp(start) for sort in rows)]:
        del kept[key]
    effects.console(account, "AuthFunction", start, "ERROR\tError logging login attempt: AccessDeniedException", every=31)


def _attempts_gone(account: Account) -> None:
    """The login table is empty, as it is where the function was never allowed to write it: no attack can be seen in it."""
    backends.of(account, "dynamodb").tables["boat-login-attempts"].items.clear()


def _office(account: Account) -> None:
    """All staff log in within a quarter of an hour: the second factor leaves them without a single row of success."""
    login = _Login(account, "office")
    for person in [person for person in login.people.values() if person.mfa and person.status == "active"]:
        at = effects.ago(account, 70 - login.dice.uniform(0, 15))
        login.tries(at, person.email, right=True, agent=activity.AGENTS[1], address=f"172.70.110.{login.dice.randint(2, 250)}")
    login.write()


def _locked_out(account: Account) -> None:
    """Somebody forgot a password: five failures, three more in vain, and the right one after the lock."""
    login = _Login(account, "locked out")
    (email,) = login.plain()
    start = effects.ago(account, 120)
    for number in range(8):
        login.tries(start + timedelta(seconds=38 * number), email, agent=activity.AGENTS[0])
    login.tries(start + timedelta(minutes=44), email, right=True, agent=activity.AGENTS[0])
    login.write()


FAULTS = (
    Fault(
        "slow-spray",
        "Somebody tries one password on a hundred accounts, through a day",
        _slow_spray,
        (Finding("no_slow_spray", "okhttp*", runbook=SECURITY),),
        "F30",
    ),
    Fault(
        "account-taken-over",
        "Somebody guessed a password after many tries and is in",
        _takeover,
        (Finding("no_takeover", "*#*", runbook=SECURITY), Finding("no_brute_force", "*#*", runbook=SECURITY)),
        "F29",
    ),
    Fault(
        "stuffing-with-hits",
        "Of a list of stolen passwords two are good",
        _stuffing_hit,
        (Finding("no_takeover", "*#*", runbook=SECURITY), Finding("no_credential_stuffing", "Go-http-client*", runbook=SECURITY)),
        "F30",
    ),
    Fault(
        "brute-force-patient",
        "Somebody tries a password on one account twice an hour",
        _patient,
        (Finding("no_brute_force", "*#*", runbook=SECURITY),),
        "F29",
    ),
    Fault(
        "login-attempts-lost",
        "The auth function writes no attempts any more, and lets people in",
        _lost_attempts,
        (
            Finding("trail_unbroken", "audit-logs", runbook=SECURITY),
            Finding("trail_unbroken", "*AuthFunction*", runbook=SECURITY),
        ),
        "F32",
    ),
    Fault(
        "login-table-empty",
        "The login table is empty",
        _attempts_gone,
        tuple(
            Finding(check, "*", "UNKNOWN", SECURITY)
            for check in ("logins_mostly_succeed", "no_brute_force", "no_credential_stuffing", "no_slow_spray", "no_takeover")
        ),
    ),
    Fault("second-factors", "All staff log in with their second factor within a quarter of an hour", _office, benign=True),
    Fault("locked-out", "Somebody forgot a password and is locked out for half an hour", _locked_out, benign=True),
)
