"""What a Reader may ask is decided by AWS's published access levels."""

from __future__ import annotations

import botocore.session
import pytest

from runbooks.errors import NotAReadError
from runbooks.gateway.access import iam_action, require_read
from tests.data.generate_reads import reads

READS = [("lambda", "GetFunctionConfiguration"), ("dynamodb", "DescribeTable"), ("dynamodb", "Scan"), ("cloudwatch", "GetMetricData"), ("apigateway", "GetStages"), ("logs", "FilterLogEvents"), ("logs", "StartQuery"), ("sts", "GetCallerIdentity"), ("sns", "GetTopicAttributes"), ("s3", "ListObjectsV2")]  # fmt: skip
WRITES = [("lambda", "UpdateFunctionConfiguration"), ("dynamodb", "PutItem"), ("dynamodb", "DeleteBackup"), ("dynamodb", "CreateBackup"), ("cloudwatch", "SetAlarmState"), ("apigateway", "UpdateStage"), ("apigateway", "CreateDeployment"), ("logs", "PutRetentionPolicy"), ("ssm", "SendCommand"), ("ec2", "CreateTags"), ("sns", "Publish"), ("iam", "PutUserPolicy"), ("lambda", "Invoke"), ("no-such-service", "GetThing"), ("lambda", "GetThingThatDoesNotExist")]  # fmt: skip
LEAKS = [("secretsmanager", "GetSecretValue"), ("secretsmanager", "BatchGetSecretValue"), ("ssm", "GetParameter"), ("lambda", "GetFunction"), ("ec2", "GetPasswordData"), ("sts", "GetSessionToken"), ("apigateway", "GetApiKeys")]  # fmt: skip


@pytest.mark.parametrize(("service", "operation"), READS)
def test_a_read_is_let_through(service: str, operation: str) -> None:
    require_read(service, operation)


@pytest.mark.parametrize(("service", "operation"), WRITES)
def test_anything_but_a_read_is_refused(service: str, operation: str) -> None:
    with pytest.raises(NotAReadError, match="not a List or Read action"):
        require_read(service, operation)


@pytest.mark.parametrize(("service", "operation"), LEAKS)
def test_a_read_that_returns_secrets_is_refused_though_its_verb_is_harmless(service: str, operation: str) -> None:
    with pytest.raises(NotAReadError):
        require_read(service, operation)


def test_no_operation_with_a_writing_verb_passes_as_a_read() -> None:
    """A second opinion on the published levels: botocore's own operation names."""
    session = botocore.session.get_session()
    writing = ("Create", "Put", "Delete", "Update", "Modify", "Terminate", "Stop", "Reboot", "Set", "Attach", "Restore", "Invoke", "Send", "Publish")  # fmt: skip
    passed = []
    for service in (
        "lambda",
        "dynamodb",
        "cloudwatch",
        "apigateway",
        "logs",
        "ec2",
        "sns",
        "iam",
        "secretsmanager",
        "acm",
        "cloudformation",
        "ssm",
        "s3",
    ):
        for operation in session.get_service_model(service).operation_names:
            if operation.startswith(writing):
                try:
                    require_read(service, operation)
                except NotAReadError:
                    continue
                passed.append(f"{service}:{operation}")
    assert passed == ["logs:StopQuery"]  # AWS calls it Read: it ends a query of one's own


def test_the_shipped_table_is_what_the_published_data_says() -> None:
    import json
    from pathlib import Path

    import runbooks.gateway

    shipped = json.loads((Path(runbooks.gateway.__file__).parent / "reads.json").read_text(encoding="utf-8"))
    assert shipped == reads()


def test_an_iam_action_is_named_as_iam_names_it() -> None:
    assert iam_action("apigateway", "GetStages") == "apigateway:GET"
    assert iam_action("s3", "ListObjectsV2") == "s3:ListBucket"
    assert iam_action("lambda", "GetFunctionConfiguration") == "lambda:GetFunctionConfiguration"
