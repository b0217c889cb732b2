"""Lambda: revisions, the state of an update, the limits and the paging that moto leaves out.

Source: Lambda API reference, pages ListFunctions, GetFunctionConfiguration, UpdateFunctionConfiguration, PublishVersion,
PutFunctionConcurrency, and "Lambda function states".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

from moto.backends import get_backend

from runbooks.sandbox.paging import page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 50
READS_IN_PROGRESS = 2
MEMORY, TIMEOUT, VARIABLES = (128, 10_240), (1, 900), 4_096
CONCURRENCY, UNRESERVED = 1_000, 100
ONLY_GET_SAYS = (
    *("State", "StateReason", "StateReasonCode"),
    *("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"),
)
RESERVED = {
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME"),
    *("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE"),
    *("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
}


@dataclass
class Life:
    """What moto does not keep of a function: its revision, and for how many reads its last update is still in progress."""

    revision: str
    reads_in_progress: int = 0
    logging: dict[str, str] = field(default_factory=dict)


def life(function: Any) -> Life:
    """Return what is kept beside a function of moto's; it goes with the function when the account is reset."""
    if not hasattr(function, "sandbox_life"):
        function.sandbox_life = Life(_next(f"{function.function_arn} {function.last_modified}"))
    kept: Life = function.sandbox_life
    return kept


def _next(seed: str) -> str:
    """Return the revision that follows: the same in each run of the sandbox."""
    return str(uuid5(NAMESPACE_OID, seed))


def found(call: Call) -> Any:
    """Return moto's function that the call names; moto raises its own ResourceNotFoundException."""
    given = call.parameters
    return get_backend("lambda")[call.account][call.region].get_function(given["FunctionName"], given.get("Qualifier"))


def list_functions(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS pages at 50, whatever MaxItems says, and leaves the states out: only GetFunction* tells them."""
    functions = [{key: value for key, value in each.items() if key not in ONLY_GET_SAYS} for each in ask()["Functions"]]
    for each in functions:
        each["LastModified"] = stamp(each["LastModified"])
    size = min(call.parameters.get("MaxItems") or PAGE, PAGE)
    shown, marker = page(functions, size, call.parameters.get("Marker"))
    return {"Functions": shown, **({"NextMarker": marker} if marker else {})}


def create_function(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS refuses what is beyond the limits, issues a RevisionId and tells the time of its own clock."""
    _within_limits(call.parameters)
    answer = ask()
    function = found(call)
    function.last_modified = stamp(account.clock.now())
    return _completed(function, answer)


def get_function_configuration(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS tells RevisionId, LoggingConfig and, for a while after an update, LastUpdateStatus InProgress."""
    answer = ask()
    return _observed(found(call), answer)


def get_function(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS tells the reserved concurrency too, also when it is 0."""
    answer = ask()
    function = found(call)
    answer["Configuration"] = _observed(function, answer["Configuration"])
    if function.reserved_concurrency is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": int(function.reserved_concurrency)}
    return answer


def update_function_configuration(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS keeps the variables when Environment is {}, replaces LoggingConfig whole, and enforces limits and RevisionId."""
    given = dict(call.parameters)
    if "Environment" in given and "Variables" not in given["Environment"]:
        del given["Environment"]
    _within_limits(given)
    function = _updatable(call, ask)
    if "LoggingConfig" in given:
        life(function).logging = dict(given["LoggingConfig"])
    function.update_configuration(given)
    return _updated(account, call, function)


def update_function_code(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS enforces RevisionId, refuses while an update is in progress, and begins one."""
    function = _updatable(call, ask)
    if call.parameters.get("DryRun"):
        return _completed(function, function.get_configuration())
    ask()
    return _updated(account, call, function)


def publish_version(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS enforces RevisionId, and gives a new version a revision of its own."""
    function = _updatable(call, ask)
    answer = ask()
    published: Any = get_backend("lambda")[call.account][call.region].get_function(function.function_name, answer["Version"])
    if life(published) is life(function):
        published.sandbox_life = Life(_next(f"{life(function).revision} {answer['Version']}"), logging=dict(life(function).logging))
    return _completed(published, answer)


def put_function_concurrency(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS keeps 100 executions of the account unreserved."""
    function = found(call)
    wanted = call.parameters["ReservedConcurrentExecutions"]
    if reserved(call, but=function.function_name) + wanted > CONCURRENCY - UNRESERVED:
        message = (
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )
        raise Refusal("InvalidParameterValueException", message)
    return ask()


def reserved(call: Call, but: str = "") -> int:
    """Return how many executions the account's functions have reserved."""
    functions = get_backend("lambda")[call.account][call.region].list_functions(None)
    return sum(int(each.reserved_concurrency or 0) for each in functions if each.function_name != but)


def stamp(moment: datetime | str) -> str:
    """Return a time in the form of LastModified, for example 2026-03-02T12:00:00.000+0000."""
    if isinstance(moment, str):
        if moment.endswith("+0000"):
            return moment
        moment = datetime.fromisoformat(moment)
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _updatable(call: Call, ask: Ask) -> Any:
    """Return the function; raises Refusal while an update is in progress or when the world has moved."""
    try:
        function = found(call)
    except Exception as error:
        ask()  # moto words its own refusal of what is not there
        raise AssertionError("moto answered where it had no function") from error
    if life(function).reads_in_progress:
        message = f"The operation cannot be performed at this time. An update is in progress for resource: {function.function_arn}"
        raise Refusal("ResourceConflictException", message, 409)
    expected = call.parameters.get("RevisionId")
    if expected and expected != life(function).revision:
        message = (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        )
        raise Refusal("PreconditionFailedException", message, 412)
    return function


def _updated(account: Account, call: Call, function: Any) -> Answer:
    """Begin an update: a new revision, a new time, and nothing played over what was updated any more."""
    kept = life(function)
    function.sandbox_life = Life(_next(kept.revision), READS_IN_PROGRESS, kept.logging)
    function.last_modified = stamp(account.clock.now())
    played = account.overrides.get(("lambda", function.function_name), {})
    for key in (*ONLY_GET_SAYS, *call.parameters):
        played.pop(key, None)
    return _completed(function, function.get_configuration())


def _observed(function: Any, configuration: Mapping[str, Any]) -> Answer:
    """Return the configuration as this read sees it, one read nearer to the end of the update."""
    completed = _completed(function, configuration)
    life(function).reads_in_progress = max(0, life(function).reads_in_progress - 1)
    return completed


def _completed(function: Any, configuration: Mapping[str, Any]) -> Answer:
    kept = life(function)
    added: Answer = {
        "RevisionId": kept.revision,
        "LastModified": stamp(function.last_modified),
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": function.logs_group_name, **kept.logging},
    }
    if kept.reads_in_progress:
        added |= {"LastUpdateStatus": "InProgress", "LastUpdateStatusReason": "The function is being updated."}
        added |= {"LastUpdateStatusReasonCode": "Creating"}
    return {**configuration, **added}


def _within_limits(given: Mapping[str, Any]) -> None:
    for key, name, (least, most) in (("MemorySize", "memorySize", MEMORY), ("Timeout", "timeout", TIMEOUT)):
        value = given.get(key)
        if value is not None and not least <= value <= most:
            bound = f"less than or equal to {most}" if value > most else f"greater than or equal to {least}"
            message = f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            raise Refusal("ValidationException", f"{message}Member must have value {bound}")
    variables = given.get("Environment", {}).get("Variables", {})
    unable = "Lambda was unable to configure your environment variables because the environment variables you have provided"
    if taken := sorted(RESERVED & variables.keys()):
        message = f"{unable} contains reserved keys that are currently not supported for modification. "
        raise Refusal("InvalidParameterValueException", f"{message}Reserved keys used in this request: {', '.join(taken)}")
    if len(json.dumps(variables, separators=(",", ":")).encode()) > VARIABLES:
        raise Refusal("InvalidParameterValueException", f"{unable} exceeded the 4KB limit.")
