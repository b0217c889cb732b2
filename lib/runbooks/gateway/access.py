"""Which operations are reads: by the IAM access level that AWS publishes, never by the verb in the name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from runbooks.errors import NotAReadError

# boto3's client name where IAM calls the service something else
_PREFIX = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}

# operations whose IAM action has another name (service-authorization reference)
_ACTION = {
    ("s3", "ListObjectsV2"): "ListBucket", ("s3", "ListBuckets"): "ListAllMyBuckets", ("s3", "HeadBucket"): "ListBucket",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock", ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
}  # fmt: skip

# reads by access level whose answers carry secrets, credentials or a link to the code
_LEAKING = {
    "secretsmanager": {"GetSecretValue", "BatchGetSecretValue", "GetRandomPassword"},
    "ssm": {"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"},
    "sts": {"GetSessionToken", "GetFederationToken", "AssumeRole"},
    "lambda": {"GetFunction", "GetLayerVersion", "GetLayerVersionByArn"},
    "ec2": {"GetPasswordData", "GetConsoleOutput", "DescribeInstanceAttribute"},
    "apigateway": {"GetApiKey", "GetApiKeys"},
    "kms": {"Decrypt"},
    "iam": {"GetAccountAuthorizationDetails"},
}


@cache
def _reads() -> dict[str, frozenset[str]]:
    text = Path(__file__).with_name("reads.json").read_text(encoding="utf-8")
    return {service: frozenset(actions) for service, actions in json.loads(text).items()}


def iam_action(service: str, operation: str) -> str:
    """Return the IAM action that allows `operation` of boto3's `service`, as "lambda:GetFunctionConfiguration"."""
    prefix = _PREFIX.get(service, service)
    if prefix == "apigateway":
        # API Gateway's management API is authorized by HTTP verb, and all its reads are GET
        return "apigateway:GET" if operation.startswith("Get") else f"apigateway:{operation}"
    return f"{prefix}:{_ACTION.get((service, operation), operation)}"


def require_read(service: str, operation: str) -> None:
    """Raise NotAReadError unless the operation's access level is List or Read and its answer holds no secret."""
    prefix, action = iam_action(service, operation).split(":", 1)
    if action not in _reads().get(prefix, frozenset()):
        raise NotAReadError(f"{service}:{operation} is not a List or Read action: only Run.apply may call it")
    if operation in _LEAKING.get(service, set()):
        raise NotAReadError(f"{service}:{operation} returns secrets: project what is needed from another call")


def statement(action: str, resource: str = "*") -> dict[str, object]:
    """Return the IAM statement that would allow `action`."""
    return {"Effect": "Allow", "Action": [action], "Resource": [resource or "*"]}
