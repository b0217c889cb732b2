"""Lambda: provisioned concurrency and the account's settings.

Source: Lambda API reference, PutProvisionedConcurrencyConfig and GetAccountSettings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from runbooks.sandbox.fidelity.functions import CONCURRENCY, UNRESERVED, reserved, stamp
from runbooks.sandbox.paging import page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

READS_IN_PROGRESS = 2
LEFT = "sandbox-reads-in-progress"
PAGE = 50
CODE_SIZE = {"TotalCodeSize": 80_530_636_800, "CodeSizeUnzipped": 262_144_000, "CodeSizeZipped": 52_428_800}


def put_provisioned_concurrency_config(account: Account, call: Call, _: Ask) -> Answer:
    """AWS refuses $LATEST and aliases of it, then allocates for a while."""
    name, qualifier = _named(call)
    wanted = call.parameters["ProvisionedConcurrentExecutions"]
    if reserved(call) + _provisioned(account) + wanted > CONCURRENCY - UNRESERVED:
        message = (
            f"Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below {UNRESERVED}."
        )
        raise Refusal("InvalidParameterValueException", message)
    config = {
        "RequestedProvisionedConcurrentExecutions": wanted,
        "AvailableProvisionedConcurrentExecutions": 0,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
        "LastModified": stamp(account.clock.now()),
        LEFT: READS_IN_PROGRESS,
    }
    account.provisioned[name, qualifier] = config
    return _shown(config)


def get_provisioned_concurrency_config(account: Account, call: Call, _: Ask) -> Answer:
    """AWS shows IN_PROGRESS until the environments are there, then READY; nothing configured is an error."""
    config = account.provisioned.get(_named(call))
    if config is None:
        raise Refusal(
            "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function", 404
        )
    shown = _shown(config)
    _advance(config)
    return shown


def list_provisioned_concurrency_configs(account: Account, call: Call, _: Ask) -> Answer:
    """AWS lists the configurations of one function with the ARN of their alias or version."""
    function = _function(call)
    configs = [
        {**_shown(config), "FunctionArn": f"{function.function_arn}:{qualifier}"}
        for (name, qualifier), config in account.provisioned.items()
        if name == function.function_name
    ]
    shown, marker = page(configs, call.parameters.get("MaxItems") or PAGE, call.parameters.get("Marker"))
    return {"ProvisionedConcurrencyConfigs": shown, **({"NextMarker": marker} if marker else {})}


def delete_provisioned_concurrency_config(account: Account, call: Call, _: Ask) -> Answer:
    """AWS deletes silently, also where nothing is configured."""
    account.provisioned.pop(_named(call), None)
    return {}


def get_account_settings(account: Account, call: Call, _: Ask) -> Answer:
    """AWS tells the limits of the account in this region and what is used of them."""
    functions = get_backend("lambda")[call.account][call.region].list_functions(None)
    unreserved = CONCURRENCY - reserved(call) - _provisioned(account)
    return {
        "AccountLimit": {**CODE_SIZE, "ConcurrentExecutions": CONCURRENCY, "UnreservedConcurrentExecutions": unreserved},
        "AccountUsage": {"TotalCodeSize": sum(int(each.code_size) for each in functions), "FunctionCount": len(list(functions))},
    }


def _function(call: Call) -> Any:
    name = str(call.parameters["FunctionName"]).rpartition(":function:")[2] or str(call.parameters["FunctionName"])
    backend = get_backend("lambda")[call.account][call.region]
    for function in backend.list_functions(None):
        if function.function_name == name.partition(":")[0]:
            return function
    arn = f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    raise Refusal("ResourceNotFoundException", f"Function not found: {arn}", 404)


def _named(call: Call) -> tuple[str, str]:
    """Return the function's name and the qualifier, which must be a published version or an alias of one."""
    function, qualifier = _function(call), str(call.parameters["Qualifier"])
    backend = get_backend("lambda")[call.account][call.region]
    aliases = {each.name: each.function_version for each in backend.list_aliases(function.function_name)}
    if aliases.get(qualifier, qualifier) == "$LATEST":
        message = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        raise Refusal("InvalidParameterValueException", message)
    versions = {str(each.version) for each in backend.list_versions_by_function(function.function_name)}
    if qualifier not in aliases and qualifier not in versions:
        raise Refusal("ResourceNotFoundException", f"Function not found: {function.function_arn}:{qualifier}", 404)
    return function.function_name, qualifier


def _provisioned(account: Account) -> int:
    return sum(int(each["RequestedProvisionedConcurrentExecutions"]) for each in account.provisioned.values())


def _advance(config: dict[str, Any]) -> None:
    """Bring the allocation one read nearer to its end; a configuration without a count stays as it was put."""
    left = config.get(LEFT)
    if left is None:
        return
    config[LEFT] = left - 1
    if left <= 1:
        wanted = config["RequestedProvisionedConcurrentExecutions"]
        del config[LEFT]
        config |= {"Status": "READY", "AvailableProvisionedConcurrentExecutions": wanted}
        config["AllocatedProvisionedConcurrentExecutions"] = wanted


def _shown(config: dict[str, Any]) -> Answer:
    return {key: value for key, value in config.items() if key != LEFT}
