"""Fields that an account lays over moto's answers: states that AWS has and moto cannot be brought into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

STATUS_KEYS = {"InstanceStatus", "SystemStatus", "AttachedEbsStatus", "Events"}


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `above` over those of `below`; mappings merge, and so do index lists, by IndexName."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            merged[key] = laid_over(under, value)
        elif key.endswith("SecondaryIndexes") and under:
            merged[key] = _indexes(under, value)
        else:
            merged[key] = value
    return merged


def function_configuration(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over GetFunctionConfiguration."""
    return _function(account, ask())


def function(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over the Configuration of GetFunction."""
    answer = ask()
    return {**answer, "Configuration": _function(account, answer["Configuration"])}


def functions(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over each function of ListFunctions; the list's own repair leaves the states out again."""
    answer = ask()
    return {**answer, "Functions": [_function(account, each) for each in answer["Functions"]]}


def table(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over DescribeTable's Table."""
    described = ask()["Table"]
    return {"Table": laid_over(described, account.overrides.get(("dynamodb", described["TableName"]), {}))}


def stacks(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over each of DescribeStacks' Stacks, by the stack's name."""
    answer = ask()
    over = [laid_over(each, account.overrides.get(("cloudformation", each["StackName"]), {})) for each in answer["Stacks"]]
    return {**answer, "Stacks": over}


def instances(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over each instance of DescribeInstances what is not a status check."""
    answer = ask()
    for reservation in answer["Reservations"]:
        reservation["Instances"] = [
            laid_over(each, {key: value for key, value in _instance(account, each).items() if key not in STATUS_KEYS})
            for each in reservation["Instances"]
        ]
    return answer


def instance_statuses(account: Account, _: Call, ask: Ask) -> Answer:
    """Lay over each status of DescribeInstanceStatus; the instance's `State` shows as InstanceState."""
    answer = ask()
    for index, status in enumerate(answer["InstanceStatuses"]):
        played = _instance(account, status)
        over = {key: value for key, value in played.items() if key in STATUS_KEYS}
        if "State" in played:
            over["InstanceState"] = played["State"]
        answer["InstanceStatuses"][index] = laid_over(status, over)
    return answer


def _function(account: Account, configuration: Mapping[str, Any]) -> dict[str, Any]:
    return laid_over(configuration, account.overrides.get(("lambda", configuration["FunctionName"]), {}))


def _instance(account: Account, shown: Mapping[str, Any]) -> dict[str, Any]:
    return account.overrides.get(("ec2", shown["InstanceId"]), {})


def _indexes(below: list[dict[str, Any]], above: list[dict[str, Any]]) -> list[dict[str, Any]]:
    over = {each["IndexName"]: each for each in above}
    known = [laid_over(each, over.pop(each["IndexName"], {})) for each in below]
    return [*known, *over.values()]
