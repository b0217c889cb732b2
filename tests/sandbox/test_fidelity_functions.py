"""Lambda: what AWS does and moto does not."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.sandbox.loopback import Aws

ROLE = "arn:aws:iam::111122223333:role/function"


def code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "handler = None")
    return packed.getvalue()


@pytest.fixture
def functions(aws: Aws) -> Any:
    return aws.client("lambda")


def create(functions: Any, name: str = "admin", **more: Any) -> Any:
    return functions.create_function(
        FunctionName=name, Runtime="nodejs20.x", Role=ROLE, Handler="index.handler", Code={"ZipFile": code()}, **more
    )


@pytest.fixture
def role(aws: Aws) -> None:
    aws.client("iam").create_role(RoleName="function", AssumeRolePolicyDocument="{}")


pytestmark = pytest.mark.usefixtures("role")


def settled(functions: Any, name: str = "admin") -> Any:
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 9})
    return functions.get_function_configuration(FunctionName=name)


def refused(call: Any, **arguments: Any) -> Any:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response


def test_list_functions_tells_no_state(functions: Any) -> None:
    """AWS: ListFunctions leaves out State, LastUpdateStatus and their reasons; GetFunctionConfiguration tells them."""
    create(functions)
    listed = functions.list_functions()["Functions"][0]
    assert not {"State", "StateReason", "LastUpdateStatus"} & listed.keys()
    assert functions.get_function_configuration(FunctionName="admin")["State"] == "Active"


def test_list_functions_pages_at_50(functions: Any) -> None:
    """AWS: 50 a page however high MaxItems is, then NextMarker."""
    for number in range(53):
        create(functions, f"f{number:02}")
    first = functions.list_functions(MaxItems=1000)
    assert len(first["Functions"]) == 50
    assert len(functions.list_functions(Marker=first["NextMarker"])["Functions"]) == 3
    assert len(functions.list_functions(MaxItems=7)["Functions"]) == 7
    pages = functions.get_paginator("list_functions").paginate()
    assert len({each["FunctionName"] for page in pages for each in page["Functions"]}) == 53


def test_last_modified_and_log_group_have_awss_form(functions: Any) -> None:
    create(functions)
    configuration = functions.get_function_configuration(FunctionName="admin")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", configuration["LastModified"])
    assert configuration["LastModified"].startswith("2026-03-02T12:00:00")
    assert configuration["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/admin"}


def test_an_update_changes_revision_and_time_and_is_in_progress_for_a_while(aws: Aws, functions: Any) -> None:
    """AWS: after an update LastUpdateStatus is InProgress, and the waiter ends when it is Successful."""
    create(functions)
    before = functions.get_function_configuration(FunctionName="admin")
    aws.account.clock.advance(timedelta(minutes=5))
    updated = functions.update_function_configuration(FunctionName="admin", MemorySize=1024)
    assert updated["LastUpdateStatus"] == "InProgress"
    assert functions.get_function_configuration(FunctionName="admin")["LastUpdateStatus"] == "InProgress"
    after = settled(functions)
    assert after["LastUpdateStatus"] == "Successful"
    assert after["MemorySize"] == 1024
    assert after["RevisionId"] == updated["RevisionId"] != before["RevisionId"]
    assert after["LastModified"] > before["LastModified"]
    aws.account.clock.advance(timedelta(minutes=-5))


def test_a_second_update_meanwhile_is_a_conflict(functions: Any) -> None:
    create(functions)
    functions.update_function_configuration(FunctionName="admin", Timeout=10)
    response = refused(functions.update_function_code, FunctionName="admin", ZipFile=code())
    assert response["Error"]["Code"] == "ResourceConflictException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 409
    settled(functions)
    functions.update_function_code(FunctionName="admin", ZipFile=code())


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [("update_function_configuration", {"Timeout": 9}), ("update_function_code", {"ZipFile": code()}), ("publish_version", {})],
)
def test_a_stale_revision_is_refused(functions: Any, operation: str, arguments: dict[str, Any]) -> None:
    """AWS: PreconditionFailedException, 412, and nothing has changed."""
    create(functions)
    stale = functions.get_function(FunctionName="admin")["Configuration"]["RevisionId"]
    functions.update_function_configuration(FunctionName="admin", Description="moved on")
    current = settled(functions)["RevisionId"]
    response = refused(getattr(functions, operation), FunctionName="admin", RevisionId=stale, **arguments)
    assert response["Error"]["Code"] == "PreconditionFailedException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert functions.get_function_configuration(FunctionName="admin")["RevisionId"] == current
    getattr(functions, operation)(FunctionName="admin", RevisionId=current, **arguments)


def test_an_empty_environment_keeps_the_variables_and_a_map_replaces_them(functions: Any) -> None:
    """AWS: absent and {} keep, Variables replaces the whole map, an empty Variables clears it."""
    create(functions, Environment={"Variables": {"USERS_TABLE": "users", "STAGE": "prod"}})
    functions.update_function_configuration(FunctionName="admin", Environment={})
    assert settled(functions)["Environment"]["Variables"] == {"USERS_TABLE": "users", "STAGE": "prod"}
    functions.update_function_configuration(FunctionName="admin", Environment={"Variables": {"STAGE": "dev"}})
    assert settled(functions)["Environment"]["Variables"] == {"STAGE": "dev"}
    functions.update_function_configuration(FunctionName="admin", Environment={"Variables": {}})
    assert "Environment" not in settled(functions)


@pytest.mark.parametrize(
    ("arguments", "code_", "word"),
    [
        ({"MemorySize": 10241}, "ValidationException", "less than or equal to 10240"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "AWS_REGION"),
        ({"Environment": {"Variables": {"A": "x" * 4096}}}, "InvalidParameterValueException", "4KB"),
    ],
)
def test_what_is_beyond_the_limits_is_refused(functions: Any, arguments: dict[str, Any], code_: str, word: str) -> None:
    create(functions)
    response = refused(functions.update_function_configuration, FunctionName="admin", **arguments)
    assert response["Error"]["Code"] == code_
    assert word in response["Error"]["Message"]


def test_an_update_of_nothing_is_not_found(functions: Any) -> None:
    response = refused(functions.update_function_configuration, FunctionName="nowhere", Timeout=5)
    assert response["Error"]["Code"] == "ResourceNotFoundException"


def test_reserved_concurrency_shows_in_get_function_also_when_it_is_none_at_all(functions: Any) -> None:
    """AWS: 0 stops the function and is shown; without a reservation there is no Concurrency."""
    create(functions)
    assert "Concurrency" not in functions.get_function(FunctionName="admin")
    functions.put_function_concurrency(FunctionName="admin", ReservedConcurrentExecutions=0)
    assert functions.get_function(FunctionName="admin")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    response = refused(functions.put_function_concurrency, FunctionName="admin", ReservedConcurrentExecutions=901)
    assert "UnreservedConcurrentExecution" in response["Error"]["Message"]


def test_a_published_version_has_a_revision_of_its_own(functions: Any) -> None:
    create(functions)
    latest = functions.get_function_configuration(FunctionName="admin")["RevisionId"]
    published = functions.publish_version(FunctionName="admin")
    assert published["Version"] == "1"
    assert published["RevisionId"] != latest
    assert functions.get_function_configuration(FunctionName="admin")["RevisionId"] == latest


def test_an_accounts_fields_lie_over_the_configuration_until_an_update(aws: Aws, functions: Any) -> None:
    create(functions)
    aws.account.overrides["lambda", "admin"] = {
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": "no",
        "Runtime": "nodejs14.x",
    }
    configuration = functions.get_function_configuration(FunctionName="admin")
    assert (configuration["LastUpdateStatus"], configuration["Runtime"]) == ("Failed", "nodejs14.x")
    assert functions.get_function(FunctionName="admin")["Configuration"]["LastUpdateStatus"] == "Failed"
    listed = functions.list_functions()["Functions"][0]
    assert listed["Runtime"] == "nodejs14.x"
    assert "LastUpdateStatus" not in listed
    functions.update_function_configuration(FunctionName="admin", Timeout=5)
    assert settled(functions)["LastUpdateStatus"] == "Successful"
