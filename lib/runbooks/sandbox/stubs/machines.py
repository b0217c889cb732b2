"""SSM's managed instances, GuardDuty's findings and CloudFormation's events per resource.

Source: API references, DescribeInstanceInformation, ListFindings and DescribeStackEvents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

MANAGED_PAGE = 50
EVENTS_PAGE = 100
SSM_KEYS = {"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType"}


def describe_instance_information(account: Account, call: Call, _: Ask) -> Answer:
    """AWS lists the instances whose agent has reported, by filters of two forms, and pages."""
    given = call.parameters
    filters = [(each["Key"], each["Values"]) for each in given.get("Filters") or []]
    filters += [(each["key"], each["valueSet"]) for each in given.get("InstanceInformationFilterList") or []]
    for key, _values in filters:
        if key not in SSM_KEYS:
            raise Refusal("InvalidInstanceInformationFilterValue", f"The filter {key} is not played by the sandbox")
    chosen = [each for each in account.managed_instances if all(each.get(SSM_KEYS[key]) in values for key, values in filters)]
    try:
        shown, token = page(chosen, given.get("MaxResults") or MANAGED_PAGE, given.get("NextToken"))
    except BadTokenError:
        raise Refusal("InvalidNextToken", "The specified token is not valid.") from None
    return {"InstanceInformationList": shown, **({"NextToken": token} if token else {})}


def describe_stack_events(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS tells an event for each step of each resource, newest first; moto only those of the stack itself."""
    asked = call.parameters.get("StackName", "")
    events = [each for each in account.stack_events if asked in {each["StackName"], each["StackId"]}]
    if not events:
        return ask()
    try:
        shown, token = page(events, EVENTS_PAGE, call.parameters.get("NextToken"))
    except BadTokenError:
        raise Refusal("ValidationError", "The specified token is not valid.") from None
    return {"StackEvents": shown, **({"NextToken": token} if token else {})}


def list_findings(_: Account, __: Call, ___: Ask) -> Answer:
    """GuardDuty has found nothing here."""
    return {"FindingIds": []}


def get_findings(_: Account, __: Call, ___: Ask) -> Answer:
    """GuardDuty has found nothing here."""
    return {"Findings": []}
