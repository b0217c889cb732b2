"""What counts as suspicious, and for how long things may stay as they are: the section [security] of an environment file."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, field_validator

from runbooks.model import Frozen

Count = Annotated[int, Field(ge=1)]
Minutes = Annotated[int, Field(ge=1, le=1440)]
Share = Annotated[float, Field(gt=0, le=1)]
Hour = Annotated[int, Field(ge=0, le=24)]

# https://www.cloudflare.com/ips-v4 and ips-v6: the gateway sees these, never the visitor behind them
CLOUDFLARE = (
    "173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18",
    "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13",
    "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22", "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32",
    "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32",
)  # fmt: skip


class BruteForce(Frozen):
    """Many tries on one account: so many failures within so many minutes, or so many within the whole window."""

    failures: Count = 10
    minutes: Minutes = 15
    daily: Count = 25


class Stuffing(Frozen):
    """A list of accounts, at most `tries` each: so many that only fail within so many minutes, and their share of all accounts."""

    accounts: Count = 30
    minutes: Minutes = 60
    tries: Count = 3
    share: Share = 0.6


class Spray(Frozen):
    """The same, slowly: so many accounts that only fail, spread over so many hours, none of which is busy enough for stuffing."""

    accounts: Count = 40
    hours: Count = 8
    tries: Count = 3
    share: Share = 0.5


class Takeover(Frozen):
    """A success after so many failures within so many minutes, or by a client of which at least a share of the accounts failed."""

    failures: Count = 10
    minutes: Minutes = 60
    share: Share = 0.8


class Failing(Frozen):
    """The share of failed logins, where there are at least so many in the window, from which something is wrong."""

    least: Count = 40
    share: Share = 0.7


class Logins(Frozen):
    """How logins are counted and judged; `lock_minutes` is how long the platform locks an account."""

    pair_seconds: Annotated[float, Field(gt=0, le=120)] = 30.0  # between the row of an attempt and that of its success
    lock_minutes: Minutes = 30
    failing: Failing = Failing()
    brute_force: BruteForce = BruteForce()
    stuffing: Stuffing = Stuffing()
    spray: Spray = Spray()
    takeover: Takeover = Takeover()


class Admin(Frozen):
    """What administrators do rarely, and how much of it is too much, by one person within the window.

    `quiet` are the hours, UTC, in which nobody is expected at work: from, up to; `quiet_changes` are too many changes then.
    """

    exports: Count = 3
    changes: Count = 8
    minutes: Minutes = 15
    quiet: tuple[Hour, Hour] = (2, 11)
    quiet_changes: Count = 4
    denials: Count = 5
    changing: tuple[str, ...] = (
        "UPDATE_USER_STATUS", "TERMINATE_SESSION", "TERMINATE_ALL_USER_SESSIONS", "UPDATE_PLATFORM_SETTINGS",
        "RESET_PLATFORM_SETTINGS",
    )  # fmt: skip
    exporting: tuple[str, ...] = ("EXPORT_AUDIT_LOGS",)
    cleaning: tuple[str, ...] = ("CLEANUP_AUDIT_LOGS",)
    denied: tuple[str, ...] = ("ADMIN_ACCESS_DENIED",)
    usual: tuple[str, ...] = ("ADMIN_ACCESS", "ADMIN_LOGIN")

    @property
    def actions(self) -> tuple[str, ...]:
        """Return every action that is asked for."""
        return (*self.usual, *self.denied, *self.changing, *self.exporting, *self.cleaning)


class Trails(Frozen):
    """When a trail counts as broken: rows that must be missing, and events that should have come in a silence.

    A silence of events that come by chance, `silence` of them expected, is a false alarm once in exp(silence).
    """

    missing: Count = 2
    silence: Annotated[float, Field(ge=3)] = 12.0


class Secrets(Frozen):
    """How old a secret may be, and how long after a change it must have been read, in days and hours."""

    warn_days: Count = 180
    fail_days: Count = 365
    reached_days: Count = 7  # a change younger than this must have been read since; AWS keeps the day of the last read


class Security(Frozen):
    """Limits of what is suspicious, and the networks that stand between the platform and its visitors."""

    edge: Annotated[tuple[str, ...], Field(min_length=1)] = CLOUDFLARE
    logins: Logins = Logins()
    admin: Admin = Admin()
    trails: Trails = Trails()
    secrets: Secrets = Secrets()

    @field_validator("edge")
    @classmethod
    def _are_networks(cls, edge: tuple[str, ...]) -> tuple[str, ...]:
        for network in edge:
            ip_network(network)
        return edge
