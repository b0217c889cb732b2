"""What a fault is: how it is made, and which finding must come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

HEALTH = "daily/system-health"
SECURITY = "daily/security-monitoring"
BACKUPS = "daily/backup-verification"
PERFORMANCE = "daily/performance-monitoring"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a runbook has to report: the check, the resource as a shell pattern, and FAIL, WARN or UNKNOWN."""

    check: str
    resource: str = "*"
    status: str = "FAIL"
    runbook: str = HEALTH


@dataclass(frozen=True, slots=True)
class Fault:
    """A known thing that can break; `platform` is its row in the platform's fault catalogue, empty where it has none.

    A benign one looks like a fault and is none. One without expected findings is not for the daily health check to see.
    """

    name: str
    title: str
    apply: Callable[[Account], None]
    expected: tuple[Finding, ...] = ()
    platform: str = ""
    benign: bool = False
