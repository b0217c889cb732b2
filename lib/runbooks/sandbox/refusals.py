"""Errors as each AWS service words them: the code, the status and the message it really answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbooks.sandbox.wire import Call

SESSION = "MarineMarketObserver/runbooks"

PREFIXES = {"resourcegroupstaggingapi": "tag", "sns": "SNS", "elbv2": "elasticloadbalancing", "stepfunctions": "states"}
ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:HeadObject": "s3:GetObject",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}
THROTTLES = {
    "lambda": ("TooManyRequestsException", 429, "Rate exceeded"),
    "apigateway": ("TooManyRequestsException", 429, "Too Many Requests"),
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "dynamodb": ("ThrottlingException", 400, "Rate of requests exceeds the allowed throughput."),
    "cloudwatch": ("Throttling", 400, "Rate exceeded"),
}


class Refusal(Exception):  # noqa: N818 - an answer of AWS's, not a mistake of ours
    """An AWS error answer: its code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code} ({status}): {message}")
        self.code = code
        self.message = message
        self.status = status


def principal(account: str) -> str:
    """Return the ARN of the session that every request of the sandbox is made by."""
    return f"arn:aws:sts::{account}:assumed-role/{SESSION}"


def action(call: Call) -> str:
    """Return the IAM action of a call; API Gateway's actions are HTTP verbs, S3's have names of their own."""
    if call.service == "apigateway":
        return f"apigateway:{call.method}"
    named = f"{PREFIXES.get(call.service, call.service)}:{call.operation}"
    return ACTIONS.get(named, named)


def resource(call: Call) -> str:
    """Return the ARN that AWS would name in a denial, or `*` where the call has no resource of its own."""
    place = f"{call.region}:{call.account}"
    given = call.parameters
    named = {
        "dynamodb": ("TableName", f"arn:aws:dynamodb:{place}:table/"),
        "lambda": ("FunctionName", f"arn:aws:lambda:{place}:function:"),
        "logs": ("logGroupName", f"arn:aws:logs:{place}:log-group:"),
        "cloudformation": ("StackName", f"arn:aws:cloudformation:{place}:stack/"),
        "secretsmanager": ("SecretId", f"arn:aws:secretsmanager:{place}:secret:"),
        "s3": ("Bucket", "arn:aws:s3:::"),
    }
    if call.service == "apigateway":
        return f"arn:aws:apigateway:{call.region}::{call.path}"
    key, prefix = named.get(call.service, ("", ""))
    name = str(given.get(key, ""))
    return "*" if not name else name if name.startswith("arn:") else prefix + name


def denied(call: Call) -> Refusal:
    """Return the refusal of a principal that no identity-based policy allows the call."""
    verb = action(call)
    who = f"User: {principal(call.account)} is not authorized to perform: {verb}"
    why = f"because no identity-based policy allows the {verb} action"
    if call.service == "ec2":
        return Refusal("UnauthorizedOperation", f"You are not authorized to perform this operation. {who} {why}", 403)
    message = f"{who} on resource: {resource(call)} {why}"
    if call.service == "sns":
        return Refusal("AuthorizationError", message, 403)
    if call.service == "cloudwatch" or call.protocol in {"query", "rest-xml"}:
        return Refusal("AccessDenied", message, 403)
    return Refusal("AccessDeniedException", message, 400 if call.protocol == "json" else 403)


def throttled(call: Call) -> Refusal:
    """Return the refusal of a caller that asks too fast."""
    general = "ThrottlingException" if call.protocol.endswith("json") else "Throttling"
    code, status, message = THROTTLES.get(call.service, (general, 400, "Rate exceeded"))
    return Refusal(code, message, status)


def unknown_key(call: Call) -> Refusal:
    """Return the refusal of an access key id that belongs to no account."""
    if call.service == "s3":
        return Refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    if call.service == "ec2":
        return Refusal("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    code = "UnrecognizedClientException" if call.protocol.endswith("json") else "InvalidClientTokenId"
    return Refusal(code, "The security token included in the request is invalid.", 403)
