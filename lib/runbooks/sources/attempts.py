"""What became of each attempt to log in, by the rows that it left in the login table and in the audit log. Pure, and in columns.

The platform writes a row with success false before it looks at the password, and a second one with success true when that was
right: a success takes the false row before it, of the same e-mail, address and client. A false row that is left is a wrong password
where the audit log holds its FAILED_LOGIN_ATTEMPT; without one it is an account with a second factor (the password was right), a
locked or inactive account, or no account at all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from runbooks.estate import Login, Result
from runbooks.settings import Logins
from runbooks.sources import events

BITS = 42  # of a row beside the client
LOW = (1 << BITS) - 1
MATCH_SECONDS = 10.0  # between the row of an attempt and the audit row that says that its password was wrong


class Client(NamedTuple):
    """Who tried, as one request shows: the e-mail as typed, the address and the user agent."""

    email: str
    address: str
    agent: str


class Audited(NamedTuple):
    """An audit row about a login: when, which action, from where, and whether it locked the account."""

    at: float
    action: str
    address: str
    agent: str
    locked: bool


@dataclass(slots=True)
class Attempts:
    """Rows of the login table, eight bytes each, and each client once: sorted as numbers, they lie by client and in order of time.

    A row is the client's number, the milliseconds since 1970 in 41 bits, and a bit for success.
    """

    packed: array[int] = field(default_factory=lambda: array("Q"))
    known: dict[Client, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # one text object for what a million rows say alike
    strange: int = 0

    def take(self, row: events.Row) -> None:
        """Take a row as the table holds it."""
        success = row.get("success", {}).get("BOOL")
        if success is None or not set(row) >= {"ipAddress", "userAgent"} or "S" not in row.get("email", {"S": ""}):
            self.strange += 1
            return
        try:
            at = events.moment(events.text(row, "timestamp")).timestamp()
        except ValueError:
            self.strange += 1
            return
        self.add(at, events.text(row, "email"), events.text(row, "ipAddress"), events.text(row, "userAgent"), success=success)

    def add(self, at: float, email: str, address: str, agent: str, *, success: bool) -> None:
        """Add one row: seconds since 1970, and what the request showed."""
        one = self.words.setdefault
        client = Client(email, one(address, address), one(agent, agent))
        self.packed.append(self.known.setdefault(client, len(self.known)) << BITS | round(at * 1000) << 1 | success)

    def join(self, other: Attempts) -> None:
        """Add the rows of another segment."""
        renamed = [self.known.setdefault(client, len(self.known)) for client in other.known]
        self.packed.extend(renamed[row >> BITS] << BITS | row & LOW for row in other.packed)
        self.strange += other.strange

    def failures(self, since: float) -> int:
        """Return how many rows since then (seconds since 1970) have success false: what a plain count takes for failures."""
        return sum(not row & 1 and (row & LOW) >> 1 >= since * 1000 for row in self.packed)

    @property
    def successes(self) -> int:
        """Return how many rows have success true."""
        return sum(row & 1 for row in self.packed)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The e-mails, as the users table has them, of accounts that ask for a second factor, and of those that are not active."""

    second_factor: Collection[str] = ()
    inactive: Collection[str] = ()


class Failed(NamedTuple):
    """A false row that no success took."""

    at: float
    email: str


Left = dict[tuple[str, str], list[Failed]]  # by address and user agent
Locks = dict[str, list[float]]  # the moments at which an e-mail's account was locked


def logins(
    rows: Attempts, rejected: Sequence[Audited], accounts: Accounts, limits: Logins, *, until: float
) -> tuple[list[Login], int]:
    """Return each attempt with its result, in order, and how many successes have no row before them; the rows are used up.

    `until` is the end of what was read, in seconds since 1970: an attempt that began just before it may still be under way.
    """
    found, left, unpaired = _paired(rows, limits.pair_seconds)
    wrong, locks = _rejected(left, rejected)
    for (address, agent), failures in left.items():
        for number, failed in enumerate(failures):
            result = Result.WRONG_PASSWORD if (address, agent, number) in wrong else _unexplained(failed, locks, accounts, limits)
            if result in (Result.UNKNOWN_EMAIL, Result.SECOND_FACTOR) and until - failed.at < limits.pair_seconds / 10:
                result = Result.UNDER_WAY
            found.append(Login(failed.at, plain(failed.email), address, agent, result))
    found.sort(key=lambda login: (login.at, login.email))
    return found, unpaired


def plain(email: str) -> str:
    """Return an e-mail as one account has it, however it was typed."""
    return email.strip().lower()


def _paired(rows: Attempts, seconds: float) -> tuple[list[Login], Left, int]:
    """Let each success take the false row just before it, by client; return successes, what is left, and successes without one."""
    clients = list(rows.known)
    rows.known.clear()  # of a million strangers it is the largest part
    order = sorted(rows.packed)
    del rows.packed[:]
    found: list[Login] = []
    left: Left = {}
    unpaired = 0
    for number, mine in groupby(order, key=lambda row: row >> BITS):
        email, address, agent = clients[number]
        waiting: list[float] = []
        for row in mine:
            at = ((row & LOW) >> 1) / 1000
            if not row & 1:
                waiting.append(at)
                continue
            if waiting and at - waiting[-1] <= seconds:
                waiting.pop()
            else:
                unpaired += 1
            found.append(Login(at, plain(email), address, agent, Result.SUCCESS))
        if waiting:
            left.setdefault((address, agent), []).extend(Failed(at, email) for at in waiting)
    for failures in left.values():
        failures.sort()
    return found, left, unpaired


def _rejected(left: Left, rejected: Sequence[Audited]) -> tuple[set[tuple[str, str, int]], Locks]:
    """Return which of the failures the audit log explains, and when which accounts were locked by them."""
    explained: set[tuple[str, str, int]] = set()
    locks: Locks = {}
    for row in sorted(rejected):
        failures = left.get((row.address, row.agent), [])
        number = bisect_right(failures, row.at, key=lambda failed: failed.at) - 1
        while number >= 0 and row.at - failures[number].at <= MATCH_SECONDS:
            if (row.address, row.agent, number) not in explained:
                explained.add((row.address, row.agent, number))
                if row.locked:
                    locks.setdefault(failures[number].email, []).append(row.at)
                break
            number -= 1
    return explained, locks


def _unexplained(failed: Failed, locks: Locks, accounts: Accounts, limits: Logins) -> Result:
    """Return why there is no audit row of a failure."""
    if not failed.email.strip():
        return Result.NO_EMAIL
    if any(0 <= failed.at - since <= limits.lock_minutes * 60 for since in locks.get(failed.email, [])):
        return Result.LOCKED
    if failed.email in accounts.inactive:
        return Result.INACTIVE
    return Result.SECOND_FACTOR if failed.email in accounts.second_factor else Result.UNKNOWN_EMAIL
