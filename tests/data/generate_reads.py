"""Write gateway/reads.json: which IAM actions only list or read, from the published service-authorization data."""

from __future__ import annotations

import json
from pathlib import Path

from policy_sentry.querying.actions import get_actions_with_access_level

TARGET = Path(__file__).parents[2] / "lib" / "runbooks" / "gateway" / "reads.json"
SERVICES = (
    "acm", "apigateway", "application-autoscaling", "autoscaling", "backup", "cloudformation", "cloudtrail", "cloudwatch",
    "dynamodb", "ec2", "guardduty", "iam", "inspector2", "kms", "lambda", "logs", "s3", "secretsmanager", "securityhub",
    "servicequotas", "sns", "ssm", "sts", "tag", "wafv2",
)  # fmt: skip


def reads() -> dict[str, list[str]]:
    """Return the List and Read actions of each service, without prefix, sorted."""
    found: dict[str, list[str]] = {}
    for service in SERVICES:
        actions = [*get_actions_with_access_level(service, "List"), *get_actions_with_access_level(service, "Read")]
        found[service] = sorted({action.split(":", 1)[1] for action in actions})
    return found


if __name__ == "__main__":
    lines = ",\n".join(f"{json.dumps(service)}: {json.dumps(actions)}" for service, actions in reads().items())
    TARGET.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
