"""AWS Backup's recovery points and DynamoDB's exports, from the account.

Source: AWS Backup developer guide, ListRecoveryPointsByResource; DynamoDB API reference, ListExports and DescribeExport.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

POINTS_PAGE = 1_000
EXPORTS_PAGE = 25


def list_recovery_points_by_resource(account: Account, call: Call, _: Ask) -> Answer:
    """AWS lists the points of all vaults that are of one resource, newest first, and an empty list for one it never saw."""
    given = call.parameters
    mine = [each for each in account.recovery_points if each["ResourceArn"] == given["ResourceArn"]]
    mine.sort(key=lambda each: each["CreationDate"], reverse=True)
    try:
        shown, token = page(mine, min(given.get("MaxResults") or POINTS_PAGE, POINTS_PAGE), given.get("NextToken"))
    except BadTokenError:
        raise Refusal("InvalidParameterValueException", "The next token is invalid.") from None
    told = [{key: value for key, value in each.items() if key != "ResourceArn"} for each in shown]
    return {"RecoveryPoints": told, **({"NextToken": token} if token else {})}


def list_exports(account: Account, call: Call, _: Ask) -> Answer:
    """AWS lists the exports of the last 90 days, 25 a page, of one table or of all, without their times."""
    given = call.parameters
    mine = [each for each in account.exports if given.get("TableArn") in {None, "", each["TableArn"]}]
    try:
        shown, token = page(mine, min(given.get("MaxResults") or EXPORTS_PAGE, EXPORTS_PAGE), given.get("NextToken"))
    except BadTokenError:
        raise Refusal("ValidationException", "The provided NextToken is invalid") from None
    told = [{key: each[key] for key in ("ExportArn", "ExportStatus", "ExportType")} for each in shown]
    return {"ExportSummaries": told, **({"NextToken": token} if token else {})}


def describe_export(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS tells all about one export; those that were asked of moto are moto's to tell."""
    found = next((each for each in account.exports if each["ExportArn"] == call.parameters["ExportArn"]), None)
    return {"ExportDescription": found} if found else ask()
