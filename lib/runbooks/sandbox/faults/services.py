"""Faults of AWS itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import PERFORMANCE, Fault, Finding

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account


def _region(account: Account) -> None:
    """DynamoDB answers slowly and with errors in the whole region; calls to the control plane are for fault rules to spoil."""
    since = effects.ago(account, 18)
    for function in ("ListingFunction", "SearchFunction", "AuthFunction", "AdminFunction"):
        effects.change(account, effects.function_metric(account, function, "Duration"), since, effects.times(9, most=2990))
        effects.console(
            account, function, since, "ERROR\tInternalServerError: Internal server error (service: DynamoDB, status: 500)", every=4
        )
    effects.failing_api(account, since, 0.35)
    account.edge.routes |= {"GET /listings": "database-error", "POST /search": "database-error"}


FAULTS = (
    Fault(
        "region-trouble",
        "DynamoDB is in trouble in the whole region",
        _region,
        (Finding("endpoints_answer", "*/listings*"), Finding("probe_passes", "*/listings*", runbook=PERFORMANCE)),
        "F38",
    ),
)
