"""The platform as it stands when nothing is broken, seeded into moto's backends in process and relative to the account's clock."""

from __future__ import annotations

import os
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # moto reads it as it makes a backend: 1,300 public snapshots less

from moto.moto_api._internal import mock_random

from runbooks.sandbox.estate import (
    alarms,
    api,
    backups,
    buckets,
    certificates,
    dashboards,
    functions,
    items,
    logs,
    metrics,
    names,
    network,
    recovery,
    roles,
    secrets,
    stack,
    tables,
    trail,
)

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

_PARTS = (
    names, roles, network, buckets, secrets, certificates, tables, items, functions, metrics, alarms, dashboards, api, stack, logs,
    backups, recovery, trail,
)  # fmt: skip
_LOCK = Lock()


def build(account: Account) -> None:
    """Seed the account's platform: the same for the same seed and clock. Raises ValueError for an environment without a seed."""
    with _LOCK:
        before = mock_random.getstate()
        mock_random.seed(items.seed_of(account))  # the ids that moto chooses itself: of networks, for one
        try:
            for part in _PARTS:
                part.build(account)
        finally:
            mock_random.setstate(before)


def roll(account: Account, since: datetime) -> None:
    """Write what happened since then: logs, logins, audit rows, daily backups. Metrics go on by themselves."""
    now = account.clock.now()
    items.append(account, since, now)
    logs.append(account, since, now)
    backups.append(account, since, now)
    recovery.append(account, since, now)
    account.managed_instances = [
        {**each, "LastPingDateTime": now} if each["PingStatus"] == "Online" else each for each in account.managed_instances
    ]
