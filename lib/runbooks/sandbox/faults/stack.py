"""Faults of deployments: the stack's state, and what a deployment brought."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import backends, stack
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from runbooks.sandbox.accounts import Account


def put_state(account: Account, status: str, at: datetime, reason: str = "") -> None:
    """Put the stack into a state, with its event; moto's record serves the event lists that the account does not."""
    record = stack.of(account)
    record.status, record.last_updated_time = status, backends.naive(at)
    over = {"StackStatus": status, "LastUpdatedTime": at}
    effects.overlay(account, "cloudformation", record.name, **({**over, "StackStatusReason": reason} if reason else over))
    stack.event(account, stack.itself(account), status, at, reason)
    account.stack_events.sort(key=lambda item: item["Timestamp"], reverse=True)


def _settled_wrong(status: str, reason: str, minutes: float = 80) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        at = effects.ago(account, minutes)
        culprit = next(each for each in stack.of(account).resources if each.logical_resource_id.startswith("SearchFunction"))
        stack.event(
            account,
            culprit,
            "UPDATE_FAILED",
            at - timedelta(minutes=4),
            'Resource handler returned message: "The runtime is not supported"',
        )
        effects.done(account, at - timedelta(minutes=6), "UpdateStack", account.environment.stack, "github-actions-deploy")
        put_state(account, status, at, reason)

    return apply


def _stuck(account: Account) -> None:
    put_state(account, "UPDATE_IN_PROGRESS", effects.ago(account, 260), "User Initiated")


def _bad_deployment(account: Account) -> None:
    """Everything went through, and a new class of errors began within minutes."""
    at = effects.ago(account, 35)
    put_state(account, "UPDATE_COMPLETE", at)
    effects.done(account, at - timedelta(minutes=3), "UpdateStack", account.environment.stack, "github-actions-deploy")
    for function in ("ListingFunction", "SearchFunction"):
        effects.modified(account, function, at - timedelta(minutes=1))
        effects.console(account, function, at, "ERROR\tTypeError: Cannot read properties of undefined (reading 'Items')")
    effects.failing_api(account, at, 0.5)
    account.edge.routes |= {"GET /listings": "database-error", "POST /search": "database-error"}


STACK = "BoatListingStack-*"
FAULTS = (
    Fault(
        "stack-rollback-failed",
        "An update failed, and its rollback too",
        _settled_wrong("UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: [SearchFunctionEC64A147]."),
        (Finding("stack_settled", STACK),),
    ),
    Fault(
        "stack-rolled-back",
        "An update failed and was rolled back",
        _settled_wrong("UPDATE_ROLLBACK_COMPLETE", ""),
        (Finding("stack_settled", STACK, "WARN"),),
    ),
    Fault(
        "stack-creation-rolled-back",
        "The stack's creation failed and was rolled back",
        _settled_wrong("ROLLBACK_COMPLETE", "The following resource(s) failed to create: [SearchFunctionEC64A147]."),
        (Finding("stack_settled", STACK),),
    ),
    Fault(
        "stack-rolling-back",
        "An update failed and is being rolled back",
        _settled_wrong("UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [SearchFunctionEC64A147].", 6),
        (Finding("stack_settled", STACK),),
    ),
    Fault("stack-update-stuck", "An update has been going on for more than four hours", _stuck, (Finding("stack_settled", STACK),)),
    Fault(
        "errors-after-deployment",
        "Server errors began with a deployment half an hour ago",
        _bad_deployment,
        (Finding("endpoints_answer", "*/listings*"),),
        "F19",
    ),
)
