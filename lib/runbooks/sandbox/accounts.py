"""What the sandbox holds for one environment beside moto: its names, the answers moto cannot give, and what is broken."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbooks.sandbox.clock import Clock
    from runbooks.settings import Environment


@dataclass
class EdgeState:
    """What the web edge plays for one environment; it is read anew for each request.

    `site`: "up", "tunnel-down", "origin-down", "wrong-page", "slow" or "refused".
    `api`: "up", "refused", "timeout", "origin-cert-expired" or "slow".
    `routes`: "GET /health" to "missing", "crash", "timeout", "throttled", "forbidden", "database-error", "unhealthy-body",
    "html", "no-cors", "wrong-cors", "slow" or "truncated".
    `certificates`: host to "good", "expired", "expiring", "wrong-host", "self-signed" or "not-yet-valid".
    """

    site: str = "up"
    api: str = "up"
    routes: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


@dataclass
class Account:
    """One environment's account: moto's backends hold most of it, this holds the rest.

    `names` maps a logical id's prefix or a short word to the physical name. `alarm_history`, `trail`, `stack_events` and
    `managed_instances` hold items with AWS's own keys, newest first, times as aware datetimes; so do `recovery_points` (of AWS
    Backup) and `exports` (of DynamoDB), in the order of their making. `provisioned` is keyed by
    (function, qualifier). `overrides` are fields laid over an answer, keyed by ("lambda", function), ("dynamodb", table),
    ("cloudformation", stack) or ("ec2", instance id). `broken` maps a fault's name to one sentence.
    """

    environment: Environment
    clock: Clock
    names: dict[str, str] = field(default_factory=dict)
    alarm_history: list[dict[str, Any]] = field(default_factory=list)
    composite_alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    trail: list[dict[str, Any]] = field(default_factory=list)
    stack_events: list[dict[str, Any]] = field(default_factory=list)
    managed_instances: list[dict[str, Any]] = field(default_factory=list)
    recovery_points: list[dict[str, Any]] = field(default_factory=list)
    exports: list[dict[str, Any]] = field(default_factory=list)
    provisioned: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    overrides: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    edge: EdgeState = field(default_factory=EdgeState)
    broken: dict[str, str] = field(default_factory=dict)

    def reset(self) -> None:
        """Empty everything but the environment and the clock, moto's backends of this account included."""
        for each in fields(self):
            if each.default_factory is not MISSING:
                setattr(self, each.name, each.default_factory())
        _forget(self.environment.account)


def _forget(account: str) -> None:
    """Drop moto's backends of one account; the other accounts keep theirs."""
    from moto.core import base_backend  # noqa: PLC0415 - moto is slow to import, and only a reset needs it here

    with base_backend.backend_lock:
        services: list[Any] = vars(base_backend.BackendDict)["_instances"]
        for service in services:
            if account in service and service.service_name == "s3":
                _forget_buckets(service, account)
            elif account in service:
                service[account].reset()
        for service in services:
            service.pop(account, None)


def _forget_buckets(s3: Any, account: str) -> None:
    """Drop the buckets of one account; moto's own reset closes the files of every account's objects, which then answer 500."""
    for backend in s3[account].values():
        for bucket in backend.buckets.values():
            for key in bucket.keys.values():
                key.dispose()
            s3.bucket_accounts.pop(bucket.name, None)  # the names of all accounts' buckets are in one place
