"""Constructed days of logins with known truth: the platform's login, played from its description, and people and attackers who use it.

What is played here knows nothing of how attempts are counted or attacks found: it writes rows, and notes what really happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

START = datetime(2026, 11, 24, tzinfo=UTC)
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0.0.0", "Mozilla/5.0 (Macintosh) Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6) Mobile/15E148", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0",
)  # fmt: skip
SCRIPT, CURL = "python-requests/2.32.3", "curl/8.9.1"
EDGE = ("172.68.34", "162.158.78", "104.22.11")
Row = dict[str, Any]
Hour = float


@dataclass
class Person:
    """An account: what the users table says, and what the login remembers of it."""

    email: str
    second_factor: bool = False
    active: bool = True
    failures: int = 0
    locked_until: float = 0.0


@dataclass
class Day:
    """One day: the rows that were written, what really failed, and the attacks that a good eye finds."""

    name: str
    dice: Random
    people: dict[str, Person] = field(default_factory=dict)
    attempts: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)
    failed: set[tuple[float, str]] = field(default_factory=set)
    attacks: set[tuple[str, str]] = field(default_factory=set)  # kind, and the account or ""

    def login(self, at: Hour, email: str, *, right: bool, address: str = "", agent: str = "") -> None:
        """Play one request to the login at this hour of the day."""
        seconds = round(START.timestamp() + at * 3600, 3)
        address, agent = address or self.edge(), agent or self.dice.choice(BROWSERS)
        person = self.people.get(email)
        self._row(
            self.attempts,
            seconds,
            address,
            agent,
            email=text(email),
            success={"BOOL": False},
            failureReason=text("Invalid credentials"),
        )
        if person is None or not person.active or seconds < person.locked_until:
            self.failed.add((seconds, email))
            return
        later = seconds + self.dice.uniform(0.2, 1.8)
        if not right:
            self.failed.add((seconds, email))
            person.failures += 1
            locked = person.failures >= 5
            if locked:
                person.locked_until = later + 30 * 60
            details = {"M": {"userId": text(email), "attempts": {"N": str(person.failures)}, "locked": {"BOOL": locked}}}
            self._row(self.audit, later, address, agent, action=text("FAILED_LOGIN_ATTEMPT"), details=details)
        elif not person.second_factor:
            person.failures = 0
            self._row(self.attempts, later, address, agent, email=text(email), success={"BOOL": True})
            self._row(self.audit, later + 0.05, address, agent, action=text("USER_LOGIN"), details={"M": {"userId": text(email)}})

    def edge(self) -> str:
        """Return an address of the edge: whoever comes, from wherever."""
        return f"{self.dice.choice(EDGE)}.{self.dice.randint(2, 60)}"

    def someone(self, count: int = 1) -> list[str]:
        """Return ordinary active accounts, each other ones."""
        plain = [person.email for person in self.people.values() if person.active and not person.second_factor]
        return self.dice.sample(plain, count)

    def _row(self, rows: list[Row], seconds: float, address: str, agent: str, **more: Any) -> None:
        rows.append({"id": text(str(uuid.UUID(int=self.dice.getrandbits(128)))), "timestamp": text(stamp(seconds)), "ipAddress": text(address), "userAgent": text(agent), **more})  # fmt: skip


def text(value: str) -> dict[str, str]:
    return {"S": value}


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- what people do ---------------------------------------------------------------------------------------------------
def visits(day: Day, count: int, first: Hour = 0, last: Hour = 23.5) -> None:
    """Log in as people do: most at once, some after a mistype or three, some with an address that nobody has, some give up."""
    for _ in range(count):
        at, email = day.dice.uniform(first, last), day.dice.choice(list(day.people))
        address, agent = day.edge(), day.dice.choice(BROWSERS)
        if day.dice.random() < 0.08:
            day.login(at, email[1:], right=False, address=address, agent=agent)
        for number in range(day.dice.choices((0, 1, 2, 3), (74, 18, 6, 2))[0]):
            day.login(at + (number + 1) / 240, email, right=False, address=address, agent=agent)
        if day.dice.random() < 0.96:
            day.login(at + 5 / 240, email, right=True, address=address, agent=agent)


def locked_out(day: Day, at: Hour, *, returns: bool = True) -> None:
    """Forget the password: five failures lock the account, three more are in vain; half an hour later it is remembered."""
    (email,), address, agent = day.someone(), day.edge(), day.dice.choice(BROWSERS)
    for number in range(8):
        day.login(at + number / 90, email, right=False, address=address, agent=agent)
    if returns:
        day.login(at + 0.75, email, right=True, address=address, agent=agent)


def office_morning(day: Day, at: Hour, count: int) -> None:
    """Let everybody with a second factor come to work within twenty minutes: not one success among the rows."""
    staff = [person.email for person in day.people.values() if person.second_factor][:count]
    for email in staff:
        day.login(at + day.dice.uniform(0, 0.33), email, right=True)


def many_at_once(day: Day, at: Hour, count: int) -> None:
    """Come all in one hour, after a newsletter: many mistypes in a short while."""
    visits(day, count, at, at + 1)


def impatient(day: Day) -> None:
    """Press the button twice, once an hour: two requests within a tenth of a second, both right."""
    for hour in range(8, 20):
        (email,), address, agent = day.someone(), day.edge(), day.dice.choice(BROWSERS)
        for number in range(2):
            day.login(hour + number / 36000, email, right=True, address=address, agent=agent)


def mistypes(day: Day) -> None:
    """Mistype once an hour, always somebody else, and give up."""
    for hour in range(1, 23):
        day.login(hour, day.someone()[0], right=False)


def old_accounts(day: Day, at: Hour) -> None:
    """Let a few suspended users try in vain."""
    gone = [person.email for person in day.people.values() if not person.active][:4]
    for email in gone:
        for number in range(3):
            day.login(at + number / 100, email, right=True)


def stuck_form(day: Day, at: Hour) -> None:
    """Send the form without an e-mail, again and again, as a broken page does."""
    for number in range(20):
        day.login(at + number / 60, "", right=False, agent=BROWSERS[2])


# --- what attackers do ------------------------------------------------------------------------------------------------
def brute_force(day: Day, at: Hour, count: int = 120, every: float = 5, *, target: str = "", agent: str = SCRIPT) -> str:
    """Try passwords on one account, one in so many seconds."""
    email = target or day.someone()[0]
    for number in range(count):
        day.login(at + number * every / 3600, email, right=False, agent=agent)
    day.attacks.add(("brute force", email))
    return email


def patient_brute_force(day: Day) -> None:
    """Try one account twice an hour, all day: never ten within a quarter of an hour, and seldom locked."""
    (email,) = day.someone()
    for number in range(44):
        day.login(0.3 + number * 0.52, email, right=False, agent=CURL)
    day.attacks.add(("brute force", email))


def stuffing(
    day: Day, at: Hour, count: int, hours: float, *, agents: tuple[str, ...] = (SCRIPT,), hits: int = 0, known: float = 0.05
) -> None:
    """Try a list from elsewhere once each; a few have accounts here, and of those some have the same password."""
    lucky = day.someone(hits) if hits else []
    listed = [f"user{number}.{day.dice.randrange(10**6)}@example.net" for number in range(count - hits)]
    listed = [day.dice.choice(list(day.people)) if day.dice.random() < known else email for email in dict.fromkeys(listed)]
    tried = dict.fromkeys([*listed, *lucky])
    order = list(tried)
    day.dice.shuffle(order)
    for number, email in enumerate(order):
        day.login(at + hours * number / len(order), email, right=email in lucky, agent=day.dice.choice(agents))
    day.attacks.add(("stuffing", ""))
    day.attacks |= {("takeover", email) for email in lucky}


def spray(day: Day, count: int, *, agent: str = SCRIPT, first: Hour = 0.2, last: Hour = 23.4, hits: int = 0) -> None:
    """Try one popular password on many real accounts, evenly over the day."""
    targets = day.someone(count)
    for number, email in enumerate(targets):
        day.login(first + (last - first) * number / count, email, right=number < hits, agent=agent)
    day.attacks.add(("spray", ""))
    day.attacks |= {("takeover", email) for email in targets[:hits]}


def guessed(day: Day, at: Hour, count: int = 14) -> None:
    """Wait out the locks and guess right in the end: twenty tries, the last one good."""
    (email,) = day.someone()
    for number in range(count):
        day.login(at + number * 2 / 3600, email, right=False, agent=SCRIPT)
    day.login(at + 0.7, email, right=True, agent=SCRIPT)
    day.attacks |= {("brute force", email), ("takeover", email)}


def guessed_second_factor(day: Day, at: Hour) -> None:
    """The same on an account with a second factor: the password is known, though nobody is in yet."""
    email = next(person.email for person in day.people.values() if person.second_factor)
    for number in range(14):
        day.login(at + number * 2 / 3600, email, right=False, agent=SCRIPT)
    day.login(at + 0.7, email, right=True, agent=SCRIPT)
    day.attacks |= {("brute force", email), ("takeover", email)}


def hammered_nobody(day: Day, at: Hour) -> None:
    """Try passwords on an account that is not there."""
    brute_force(day, at, 60, target="admin@example.com")


Play = Callable[[Day], object]


def play(what: Callable[..., object], *given: object, **named: object) -> Play:
    """Return a part of a day, to be played on it."""
    return lambda day: what(day, *given, **named)


PLAYS: dict[str, tuple[Play, ...]] = {
    "an ordinary day": (play(visits, 60),),
    "a quiet day": (play(visits, 6),),
    "a busy day": (play(visits, 700),),
    "a newsletter": (play(visits, 60), play(many_at_once, 15, 160)),
    "somebody locked out": (play(visits, 60), play(locked_out, 9)),
    "three locked out, one never returns": (play(visits, 60), play(locked_out, 8), play(locked_out, 8.5), play(locked_out, 20, returns=False)),
    "the office comes at nine": (play(visits, 40), play(office_morning, 13, 40)),
    "the office comes twice": (play(visits, 40), play(office_morning, 13, 40), play(office_morning, 18, 40)),
    "impatient fingers": (play(visits, 60), play(impatient)),
    "suspended users try": (play(visits, 60), play(old_accounts, 10)),
    "a broken form": (play(visits, 60), play(stuck_form, 11)),
    "mistypes only": (play(mistypes),),
    "brute force": (play(visits, 60), play(brute_force, 3)),
    "brute force on a busy day": (play(visits, 700), play(brute_force, 14, 40, 12)),
    "brute force at the limit": (play(visits, 60), play(brute_force, 22, 11, 70)),
    "brute force on two accounts": (play(visits, 60), play(brute_force, 2), play(brute_force, 5, 30, 20, agent=CURL)),
    "brute force, patient": (play(visits, 60), play(patient_brute_force)),
    "brute force on nobody": (play(visits, 60), play(hammered_nobody, 4)),
    "brute force and a lock-out": (play(visits, 60), play(locked_out, 9), play(brute_force, 16)),
    "brute force by a browser": (play(visits, 60), play(brute_force, 7, 25, 30, agent=BROWSERS[0])),
    "stuffing": (play(visits, 60), play(stuffing, 2, 900, 2.5)),
    "stuffing, small": (play(visits, 60), play(stuffing, 4, 60, 0.7)),
    "stuffing on a busy day": (play(visits, 700), play(stuffing, 15, 400, 1.5)),
    "stuffing by many programs": (play(visits, 60), play(stuffing, 3, 500, 2, agents=tuple(f"bot{n}/1.{n}" for n in range(50)))),
    "stuffing by a browser": (play(visits, 60), play(stuffing, 1, 600, 2, agents=(BROWSERS[0],))),
    "stuffing of known accounts": (play(visits, 60), play(stuffing, 6, 300, 1, known=0.5)),
    "stuffing with two hits": (play(visits, 60), play(stuffing, 2, 700, 2, hits=2)),
    "stuffing and the office": (play(visits, 60), play(office_morning, 13, 40), play(stuffing, 12.5, 500, 2)),
    "spray": (play(visits, 60), play(spray, 150)),
    "spray, thin": (play(visits, 60), play(spray, 55)),
    "spray with a hit": (play(visits, 60), play(spray, 140, hits=1)),
    "spray on a busy day": (play(visits, 700), play(spray, 170, agent=CURL)),
    "spray and somebody locked out": (play(visits, 60), play(locked_out, 10), play(spray, 120)),
    "takeover by guessing": (play(visits, 60), play(guessed, 5)),
    "takeover of a second factor": (play(visits, 60), play(guessed_second_factor, 5)),
    "takeover on a busy day": (play(visits, 700), play(guessed, 17)),
    "everything at once": (play(visits, 200), play(locked_out, 9), play(brute_force, 3), play(guessed, 12), play(stuffing, 19, 500, 2)),
}  # fmt: skip


def day(name: str, seed: int = 7) -> Day:
    """Return a day by its name, the same for the same seed."""
    made = Day(name, Random(f"{name}/{seed}"))  # noqa: S311 - made-up days, no secret
    for number in range(320):
        second_factor, active = number < 40, number >= 60 or number < 40
        email = f"person{number}@example.com"
        made.people[email] = Person(email, second_factor=second_factor, active=active)
    for part in PLAYS[name]:
        part(made)
    return made


def window() -> tuple[datetime, datetime]:
    """Return the bounds of every day."""
    return START, START + timedelta(days=1)
