"""Faults of the functions: states, configuration, code, concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import PERFORMANCE, SECURITY, Fault, Finding

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

DATABASE = (
    "ERROR\tError getting listings: ValidationException: Value null at 'tableName' failed to satisfy constraint: "
    "Member must not be null"
)
IMPORT = (
    'ERROR\tUncaught Exception\t{"errorType":"Runtime.ImportModuleError",'
    '"errorMessage":"Error: Cannot find module \'jsonwebtoken\'"}'
)
CONFIGURED = "UpdateFunctionConfiguration20150331v2"


def _update(account: Account, function: str, minutes: float, **changes: Any) -> None:
    """Change a function's configuration as UpdateFunctionConfiguration does, with its trace."""
    at = effects.ago(account, minutes)
    effects.lambda_of(account, function).update_configuration(changes)
    effects.modified(account, function, at)
    effects.done(account, at, CONFIGURED, account.names[function])


def _listing_wiped(account: Account) -> None:
    _update(account, "ListingFunction", 25, Environment={"Variables": {"RESTART_TIMESTAMP": "1"}})
    since = effects.ago(account, 25)
    account.edge.routes |= {"GET /listings": "database-error", "GET /listings/{id}": "database-error"}
    effects.failing_api(account, since)
    effects.console(account, "ListingFunction", since, DATABASE)


def _admin_wiped(account: Account) -> None:
    _update(account, "AdminFunction", 40, Environment={"Variables": {"RESTART_TIMESTAMP": "1"}})
    effects.failing_api(account, effects.ago(account, 40), 0.08)
    text = "ERROR\tDatabase health check failed: ResourceNotFoundException: Requested resource not found"
    effects.console(account, "AdminFunction", effects.ago(account, 40), text)


def _one_variable_lost(account: Account) -> None:
    kept = dict(effects.lambda_of(account, "AdminFunction").environment_vars)
    del kept["JWT_SECRET_ARN"]
    _update(account, "AdminFunction", 90, Environment={"Variables": kept})


def _import_error(account: Account) -> None:
    since = effects.ago(account, 35)
    effects.modified(account, "AdminFunction", since)
    effects.done(account, since, "UpdateFunctionCode20150331v2", account.names["AdminFunction"])
    effects.failing_function(account, "AdminFunction", since)
    effects.failing_api(account, since, 0.08)
    effects.console(account, "AdminFunction", since, IMPORT, every=2)
    account.edge.routes |= {"ANY /admin/{proxy+}": "crash", "GET /admin": "crash"}
    effects.ring(
        account,
        "admin-function-errors",
        effects.ago(account, 24),
        "2 datapoints [6.0, 6.0] were greater than or equal to the threshold (5.0).",
    )


def _throttle(account: Account, function: str, minutes: float) -> None:
    since = effects.ago(account, minutes)
    effects.lambda_of(account, function).reserved_concurrency = 0
    effects.done(account, since, "PutFunctionConcurrency20171031", account.names[function])
    effects.change(account, effects.function_metric(account, function, "Throttles"), since, effects.at_least(3))
    effects.change(
        account,
        effects.function_metric(account, function, "Invocations", "Errors", "Duration", "ConcurrentExecutions"),
        since,
        effects.nothing,
    )


def _admin_throttled(account: Account) -> None:
    _throttle(account, "AdminFunction", 30)
    effects.failing_api(account, effects.ago(account, 30), 0.08)
    account.edge.routes["ANY /admin/{proxy+}"] = "crash"
    effects.ring(
        account,
        "admin-function-throttles",
        effects.ago(account, 24),
        "1 datapoint [3.0] was greater than or equal to the threshold (1.0).",
    )


def _listing_throttled(account: Account) -> None:
    _throttle(account, "ListingFunction", 30)
    effects.failing_api(account, effects.ago(account, 30))
    account.edge.routes |= {"GET /listings": "crash", "GET /listings/{id}": "crash"}


def _auth_timeouts(account: Account) -> None:
    since = effects.ago(account, 120)
    effects.change(account, effects.function_metric(account, "AuthFunction", "Duration"), since, effects.times(14, most=3000))
    effects.change(account, effects.function_metric(account, "AuthFunction", "Errors"), since, effects.share(0.5))
    effects.console(account, "AuthFunction", since, every=6, duration=3000.0, timed_out=True)
    effects.failing_api(account, since, 0.05)
    account.edge.routes["POST /auth/login"] = "crash"


def _cold_starts(account: Account) -> None:
    def slowest(_: int, pairs: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        return (*pairs[:-1], (pairs[-1][0] * 12, pairs[-1][1])) if pairs else ()

    for function in ("ListingFunction", "SearchFunction"):
        effects.change(account, effects.function_metric(account, function, "Duration"), effects.ago(account, 45), slowest)
        effects.cold(account, function, effects.ago(account, 45), every=10)


def _duration(account: Account) -> None:
    since = effects.ago(account, 50)
    effects.change(account, effects.function_metric(account, "AdminFunction", "Duration"), since, effects.always(27400.0, 4))
    effects.ring(
        account,
        "admin-function-duration",
        effects.ago(account, 30),
        "3 datapoints were greater than or equal to the threshold (25000.0).",
    )


def _state(account: Account, function: str, minutes: float, **over: str) -> None:
    effects.modified(account, function, effects.ago(account, minutes))
    effects.overlay(account, "lambda", account.names[function], **over)


def _update_failed(account: Account) -> None:
    _state(
        account,
        "SearchFunction",
        70,
        LastUpdateStatus="Failed",
        LastUpdateStatusReason="The function's image or code could not be read.",
        LastUpdateStatusReasonCode="InternalError",
    )
    effects.done(
        account, effects.ago(account, 70), "UpdateFunctionCode20150331v2", account.names["SearchFunction"], "github-actions-deploy"
    )


def _update_stuck(account: Account) -> None:
    _state(
        account,
        "MediaFunction",
        190,
        LastUpdateStatus="InProgress",
        LastUpdateStatusReason="The function is being updated.",
        LastUpdateStatusReasonCode="Creating",
    )


def _pending(account: Account) -> None:
    _state(account, "StatsFunction", 150, State="Pending", StateReason="The function is being created.", StateReasonCode="Creating")


def _failed(account: Account) -> None:
    reason = "The role defined for the function cannot be assumed by Lambda."
    _state(account, "EmailFunction", 55, State="Failed", StateReason=reason, StateReasonCode="InvalidConfiguration")
    effects.change(
        account,
        effects.function_metric(account, "EmailFunction", "Invocations", "Errors", "Duration"),
        effects.ago(account, 55),
        effects.nothing,
    )
    account.edge.routes["POST /email"] = "crash"


def _deleted(account: Account) -> None:
    name = account.names["StatsFunction"]
    backends.of(account, "lambda").delete_function(name)
    effects.change(
        account,
        effects.function_metric(account, "StatsFunction", "Invocations", "Errors", "Duration", "Throttles"),
        effects.ago(account, 20),
        effects.nothing,
    )
    account.edge.routes["GET /stats/platform"] = "crash"


FAULTS = (
    Fault(
        "function-variables-wiped",
        "The listing function lost its variables in a restart",
        _listing_wiped,
        (Finding("functions_configured", "*ListingFunction*"), Finding("endpoints_answer", "*/listings*")),
        "F01",
    ),
    Fault(
        "admin-variables-wiped",
        "The admin function lost its variables in a restart",
        _admin_wiped,
        (Finding("functions_configured", "*AdminFunction*"),),
        "F01",
    ),
    Fault(
        "admin-variable-lost",
        "The admin function lost one variable, the secret's ARN",
        _one_variable_lost,
        (
            Finding("functions_configured", "*AdminFunction*"),
            Finding("secrets_consumed", "*named by no function*", runbook=SECURITY),
        ),
        "F01",
    ),
    Fault(
        "admin-import-error",
        "The admin function was deployed without its dependencies",
        _import_error,
        (
            Finding("alarms_quiet", "admin-function-errors-*"),
            Finding("functions_succeed", "*AdminFunction*", runbook=PERFORMANCE),
        ),
        "F02",
    ),
    Fault(
        "admin-throttled",
        "The admin function may not run at all: reserved concurrency is 0",
        _admin_throttled,
        (
            Finding("alarms_quiet", "admin-function-throttles-*"),
            Finding("functions_unthrottled", "*AdminFunction*", runbook=PERFORMANCE),
            Finding("concurrency_left", "*AdminFunction*", runbook=PERFORMANCE),
        ),
        "F03",
    ),
    Fault(
        "listing-throttled",
        "The listing function may not run at all: reserved concurrency is 0",
        _listing_throttled,
        (
            Finding("endpoints_answer", "*/listings*"),
            Finding("probe_passes", "*/listings*", runbook=PERFORMANCE),
            Finding("concurrency_left", "*ListingFunction*", runbook=PERFORMANCE),
        ),
        "F03",
    ),
    Fault(
        "auth-timeouts",
        "Logins time out after three seconds; health still answers",
        _auth_timeouts,
        (Finding("calls_complete", "*AuthFunction*", runbook=PERFORMANCE),),
        "F04",
    ),
    Fault(
        "cold-starts",
        "A burst of cold starts makes the slowest calls slow",
        _cold_starts,
        (Finding("calls_complete", "*ListingFunction*", "WARN", PERFORMANCE),),
        "F05",
    ),
    Fault(
        "admin-slow",
        "The admin function takes longer than 25 seconds",
        _duration,
        (
            Finding("alarms_quiet", "admin-function-duration-*"),
            Finding("functions_fast", "*AdminFunction*", runbook=PERFORMANCE),
        ),
    ),
    Fault(
        "function-update-failed",
        "The search function's last update failed",
        _update_failed,
        (Finding("functions_active", "*SearchFunction*"),),
        "F06",
    ),
    Fault(
        "function-update-stuck",
        "The media function has been updating for three hours",
        _update_stuck,
        (Finding("functions_active", "*MediaFunction*"),),
        "F06",
    ),
    Fault(
        "function-pending",
        "The stats function has been pending for hours",
        _pending,
        (Finding("functions_active", "*StatsFunction*"),),
        "F07",
    ),
    Fault(
        "function-failed",
        "The e-mail function is in state Failed",
        _failed,
        (Finding("functions_active", "*EmailFunction*"),),
        "F07",
    ),
    Fault(
        "function-deleted",
        "The stats function was deleted behind the stack's back",
        _deleted,
        (Finding("functions_active", "*StatsFunction*"),),
    ),
    Fault(
        "memory-lowered",
        "The admin function's memory was lowered to 256 MB",
        lambda account: _update(account, "AdminFunction", 300, MemorySize=256),
        (Finding("functions_configured", "*AdminFunction*"),),
        "F36",
    ),
    Fault(
        "timeout-lowered",
        "The admin function's timeout was lowered to 5 s",
        lambda account: _update(account, "AdminFunction", 300, Timeout=5),
        (Finding("functions_configured", "*AdminFunction*"),),
        "F36",
    ),
)
