"""Faults of the tables: status, indexes, hot keys, lost rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends
from runbooks.sandbox.estate.series import Name
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import BACKUPS, PERFORMANCE, Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account

NOT_FOUND = "ERROR\tError getting listings: ResourceNotFoundException: Requested resource not found"


def _unreadable(account: Account, table: str, minutes: float, text: str = NOT_FOUND) -> None:
    """What visitors and logs show when a table cannot be used."""
    since = effects.ago(account, minutes)
    effects.failing_api(account, since)
    effects.change(
        account, lambda name: ("TableName", table) in name.dimensions and name.metric.startswith("Consumed"), since, effects.nothing
    )
    if table == "boat-listings":
        account.edge.routes |= {
            "GET /listings": "database-error",
            "GET /listings/{id}": "database-error",
            "GET /stats/platform": "database-error",
        }
        effects.console(account, "ListingFunction", since, text)


def _missing(account: Account) -> None:
    del backends.of(account, "dynamodb").tables["boat-listings"]
    effects.done(account, effects.ago(account, 20), "DeleteTable", "boat-listings")
    _unreadable(account, "boat-listings", 20)


def _sessions_missing(account: Account) -> None:
    del backends.of(account, "dynamodb").tables["boat-admin-sessions"]
    effects.done(account, effects.ago(account, 95), "DeleteTable", "boat-admin-sessions")
    _unreadable(account, "boat-admin-sessions", 95)
    account.edge.routes["POST /auth/login"] = "database-error"


def _status(table: str, status: str, *, event: str = "") -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        effects.overlay(account, "dynamodb", table, TableStatus=status)
        if event:
            effects.done(account, effects.ago(account, 12), event, table)
        if status != "UPDATING":
            _unreadable(account, table, 12)

    return apply


def _locked_out(account: Account) -> None:
    effects.overlay(
        account, "dynamodb", "boat-users", TableStatus="INACCESSIBLE_ENCRYPTION_CREDENTIALS",
        SSEDescription={"Status": "ENABLED", "SSEType": "KMS", "InaccessibleEncryptionDateTime": effects.ago(account, 45)},
    )  # fmt: skip
    _unreadable(account, "boat-users", 45)
    account.edge.routes["POST /auth/login"] = "database-error"


def _index(table: str, index: str, **over: Any) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        effects.overlay(account, "dynamodb", table, TableStatus="UPDATING", GlobalSecondaryIndexes=[{"IndexName": index, **over}])
        effects.done(account, effects.ago(account, 30), "UpdateTable", table)

    return apply


def _index_gone(account: Account) -> None:
    table = backends.of(account, "dynamodb").tables["boat-users"]
    table.global_indexes = [index for index in table.global_indexes if index.name != "email-index"]
    effects.done(account, effects.ago(account, 60), "UpdateTable", "boat-users")
    text = "ERROR\tLogin error: ValidationException: The table does not have the specified index: email-index"
    effects.console(account, "AuthFunction", effects.ago(account, 60), text)
    effects.failing_api(account, effects.ago(account, 60), 0.08)


def _hot_index(account: Account) -> None:
    since = effects.ago(account, 75)

    def concerns(name: Name) -> bool:
        return name.metric == "WriteThrottleEvents" and ("GlobalSecondaryIndexName", "action-index") in name.dimensions

    effects.change(account, concerns, since, effects.always(1.0, 23))
    text = "ERROR\tError logging admin action: ThrottlingException: Throughput exceeds the current capacity of your table or index"
    effects.console(account, "AdminFunction", since, text)


def _mass_delete(account: Account) -> None:
    since = effects.ago(account, 50)
    table = backends.of(account, "dynamodb").tables["boat-listings"]
    before = len(table.items)
    for key in sorted(table.items, key=lambda each: each.value)[: before * 9 // 10]:
        del table.items[key]
    effects.overlay(account, "dynamodb", "boat-listings", ItemCount=before, TableSizeBytes=420 * before)  # every six hours

    def concerns(name: Name) -> bool:
        return name.metric == "ConsumedWriteCapacityUnits" and name.dimensions == (("TableName", "boat-listings"),)

    effects.change(account, concerns, since, effects.always(1.0, 60))
    effects.console(account, "AdminFunction", since, "INFO\tDELETE /admin/listings 200", every=1)


FAULTS = (
    Fault(
        "table-missing",
        "The listings table was deleted",
        _missing,
        (
            Finding("tables_active", "boat-listings"),
            Finding("endpoints_answer", "*/listings*"),
            Finding("probe_passes", "*/listings*", runbook=PERFORMANCE),
            Finding("backups_of_this_table", "boat-listings", runbook=BACKUPS),
        ),
        "F12",
    ),
    Fault(
        "sessions-table-missing",
        "The sessions table was deleted",
        _sessions_missing,
        (Finding("tables_active", "boat-admin-sessions"), Finding("backups_of_this_table", "boat-admin-sessions", runbook=BACKUPS)),
        "F12",
    ),
    Fault(
        "table-deleting",
        "The login attempts table is being deleted",
        _status("boat-login-attempts", "DELETING", event="DeleteTable"),
        (Finding("tables_active", "boat-login-attempts"),),
        "F12",
    ),
    Fault(
        "table-archived",
        "The audit log table is archived, its key was lost for long",
        _status("boat-audit-logs", "ARCHIVED"),
        (Finding("tables_active", "boat-audit-logs"),),
        "F12",
    ),
    Fault(
        "table-updating",
        "The users table is being changed",
        _status("boat-users", "UPDATING", event="UpdateTable"),
        (Finding("tables_active", "boat-users", "WARN"),),
        "F12",
    ),
    Fault(
        "table-key-lost",
        "The users table's encryption key cannot be used",
        _locked_out,
        (Finding("tables_active", "boat-users"),),
        "F12",
    ),
    Fault(
        "index-creating",
        "The location index is being created",
        _index("boat-listings", "location-index", IndexStatus="CREATING"),
        (Finding("tables_active", "boat-listings / location-index"),),
        "F12",
    ),
    Fault(
        "index-backfilling",
        "The user index of the audit log is being filled",
        _index("boat-audit-logs", "user-index", IndexStatus="CREATING", Backfilling=True),
        (Finding("tables_active", "boat-audit-logs / user-index", "WARN"),),
        "F12",
    ),
    Fault(
        "index-missing",
        "The e-mail index of the users is gone",
        _index_gone,
        (Finding("tables_active", "boat-users / email-index"),),
        "F12",
    ),
    Fault(
        "hot-index",
        "An index of the audit log throttles while its table looks idle",
        _hot_index,
        (Finding("tables_unthrottled", "boat-audit-logs / action-index, writes", runbook=PERFORMANCE),),
        "F11",
    ),
    Fault("mass-delete", "Nine in ten listings were deleted; the item count has not noticed", _mass_delete, platform="F16"),
)
