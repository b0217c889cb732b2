"""What moto lacks and the sandbox plays: as AWS would behave, from what the account holds."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.loopback import NOW

if TYPE_CHECKING:
    from tests.sandbox.loopback import Aws


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


@pytest.fixture
def functions(aws: Aws) -> Any:
    """A function with version 1, an alias `live` of it and an alias `head` of $LATEST."""
    aws.client("iam").create_role(RoleName="function", AssumeRolePolicyDocument="{}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "handler = None")
    client = aws.client("lambda")
    client.create_function(
        FunctionName="admin", Runtime="nodejs20.x", Role="arn:aws:iam::111122223333:role/function",
        Handler="index.handler", Code={"ZipFile": packed.getvalue()},
    )  # fmt: skip
    client.publish_version(FunctionName="admin")
    client.create_alias(FunctionName="admin", Name="live", FunctionVersion="1")
    client.create_alias(FunctionName="admin", Name="head", FunctionVersion="$LATEST")
    return client


@pytest.mark.parametrize("qualifier", ["$LATEST", "head"])
def test_provisioned_concurrency_is_refused_for_the_unpublished_version(functions: Any, qualifier: str) -> None:
    """AWS: InvalidParameterValueException, also for an alias that points at $LATEST."""
    put = functions.put_provisioned_concurrency_config
    assert (
        code_of(put, FunctionName="admin", Qualifier=qualifier, ProvisionedConcurrentExecutions=2)
        == "InvalidParameterValueException"
    )


def test_provisioned_concurrency_is_in_progress_and_then_ready(functions: Any) -> None:
    given = {"FunctionName": "admin", "Qualifier": "live"}
    answer = functions.put_provisioned_concurrency_config(**given, ProvisionedConcurrentExecutions=2)
    assert (answer["Status"], answer["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)
    seen = [functions.get_provisioned_concurrency_config(**given) for _ in range(3)]
    assert [each["Status"] for each in seen] == ["IN_PROGRESS", "IN_PROGRESS", "READY"]
    assert seen[-1]["AvailableProvisionedConcurrentExecutions"] == 2
    listed = functions.list_provisioned_concurrency_configs(FunctionName="admin")["ProvisionedConcurrencyConfigs"]
    assert [each["FunctionArn"].rpartition(":")[2] for each in listed] == ["live"]
    functions.delete_provisioned_concurrency_config(**given)
    gone = code_of(functions.get_provisioned_concurrency_config, **given)
    assert gone == "ProvisionedConcurrencyConfigNotFoundException"


def test_provisioned_concurrency_of_what_is_not_there_is_not_found(functions: Any) -> None:
    put = functions.put_provisioned_concurrency_config
    for name, qualifier in (("admin", "9"), ("nowhere", "1")):
        code = code_of(put, FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=1)
        assert code == "ResourceNotFoundException"


def test_account_settings_count_what_is_reserved_and_provisioned(functions: Any) -> None:
    functions.put_function_concurrency(FunctionName="admin", ReservedConcurrentExecutions=100)
    functions.put_provisioned_concurrency_config(FunctionName="admin", Qualifier="1", ProvisionedConcurrentExecutions=5)
    settings = functions.get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 895
    assert settings["AccountUsage"]["FunctionCount"] == 1


def history(aws: Aws, count: int) -> None:
    for number in range(count):
        item = {"AlarmName": f"a{number % 2}", "AlarmType": "MetricAlarm", "HistoryItemType": "StateUpdate"}
        item |= {"HistorySummary": f"Alarm updated from OK to ALARM ({number})", "HistoryData": "{}"}
        aws.account.alarm_history.append({**item, "Timestamp": NOW - timedelta(minutes=number)})


def test_alarm_history_filters_and_pages(aws: Aws) -> None:
    """AWS: newest first, at most 100 a page, by name, kind and time; composite alarms only by AlarmTypes."""
    history(aws, 120)
    composite = {"AlarmName": "all", "AlarmType": "CompositeAlarm", "HistoryItemType": "Action", "Timestamp": NOW}
    aws.account.alarm_history.append({**composite, "HistorySummary": "sent", "HistoryData": "{}"})
    cloudwatch = aws.client("cloudwatch")
    first = cloudwatch.describe_alarm_history()
    assert len(first["AlarmHistoryItems"]) == 100
    assert first["AlarmHistoryItems"][0]["Timestamp"] == NOW
    pages = list(cloudwatch.get_paginator("describe_alarm_history").paginate(AlarmName="a1"))
    assert sum(len(page["AlarmHistoryItems"]) for page in pages) == 60
    recent = cloudwatch.describe_alarm_history(StartDate=NOW - timedelta(minutes=4), EndDate=NOW - timedelta(minutes=2))
    assert len(recent["AlarmHistoryItems"]) == 3
    both = cloudwatch.describe_alarm_history(AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]
    assert [each["AlarmName"] for each in both] == ["all"]
    assert cloudwatch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"] == []


def test_a_change_of_state_is_written_into_the_history(aws: Aws) -> None:
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(errors)")
    cloudwatch.set_alarm_state(AlarmName="all", StateValue="ALARM", StateReason="test")
    items = cloudwatch.describe_alarm_history(AlarmName="all", AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]
    assert [each["HistorySummary"] for each in items] == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]
    described = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"], StateValue="ALARM")["CompositeAlarms"]
    assert [each["AlarmName"] for each in described] == ["all"]
    assert described[0]["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:111122223333:alarm:all"
    assert described[0]["ActionsEnabled"] is True
    cloudwatch.delete_alarms(AlarmNames=["all"])
    assert cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


def event(number: int, name: str = "UpdateFunctionConfiguration", user: str = "deploy") -> dict[str, Any]:
    return {
        "EventId": f"e{number}",
        "EventName": name,
        "ReadOnly": "false",
        "EventSource": "lambda.amazonaws.com",
        "EventTime": NOW - timedelta(minutes=number),
        "Username": user,
        "Resources": [{"ResourceType": "AWS::Lambda::Function", "ResourceName": f"f{number % 2}"}],
        "CloudTrailEvent": "{}",
    }


def test_lookup_events_takes_one_attribute_a_time_range_and_50_a_page(aws: Aws) -> None:
    """AWS: newest first, both bounds inclusive."""
    aws.account.trail.extend(event(number) for number in range(60))
    aws.account.trail.append(event(60, "CreateDeployment", "operator"))
    trail = aws.client("cloudtrail")
    first = trail.lookup_events()
    assert len(first["Events"]) == 50
    assert first["Events"][0]["EventTime"] == NOW
    assert len(trail.lookup_events(NextToken=first["NextToken"])["Events"]) == 11

    def looked_up(key: str, value: str) -> int:
        pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
        return sum(len(page["Events"]) for page in pages)

    assert looked_up("EventName", "CreateDeployment") == 1
    assert looked_up("Username", "deploy") == 60
    assert looked_up("ResourceName", "f1") == 30
    bounded = trail.lookup_events(StartTime=NOW - timedelta(minutes=3), EndTime=NOW - timedelta(minutes=1))
    assert [each["EventId"] for each in bounded["Events"]] == ["e1", "e2", "e3"]
    two = [{"AttributeKey": "EventName", "AttributeValue": "x"}, {"AttributeKey": "Username", "AttributeValue": "y"}]
    assert code_of(trail.lookup_events, LookupAttributes=two) == "InvalidLookupAttributesException"


def test_managed_instances_are_listed_by_filter(aws: Aws) -> None:
    for number, ping in enumerate(("Online", "ConnectionLost")):
        item = {"InstanceId": f"i-{number:017}", "PingStatus": ping, "LastPingDateTime": NOW, "PlatformType": "Linux"}
        aws.account.managed_instances.append(item)
    ssm = aws.client("ssm")
    assert len(ssm.describe_instance_information()["InstanceInformationList"]) == 2
    online = ssm.describe_instance_information(Filters=[{"Key": "PingStatus", "Values": ["Online"]}])["InstanceInformationList"]
    assert [each["InstanceId"] for each in online] == ["i-00000000000000000"]
    assert online[0]["LastPingDateTime"] == NOW
    named = ssm.describe_instance_information(
        InstanceInformationFilterList=[{"key": "InstanceIds", "valueSet": ["i-00000000000000001"]}]
    )
    assert [each["PingStatus"] for each in named["InstanceInformationList"]] == ["ConnectionLost"]


def test_stack_events_are_told_per_resource(aws: Aws) -> None:
    """AWS: an event for each step of each resource, newest first."""
    cloudformation = aws.client("cloudformation")
    template = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}}}'
    stack = cloudformation.create_stack(StackName="boats", TemplateBody=template)["StackId"]
    aws.account.overrides["cloudformation", "boats"] = {"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}
    for number in range(130):
        item = {"StackId": stack, "StackName": "boats", "EventId": f"e{number}", "Timestamp": NOW - timedelta(minutes=number)}
        aws.account.stack_events.append({**item, "LogicalResourceId": "Topic", "ResourceStatus": "CREATE_COMPLETE"})
    pages = list(cloudformation.get_paginator("describe_stack_events").paginate(StackName="boats"))
    assert [len(page["StackEvents"]) for page in pages] == [100, 30]
    assert pages[0]["StackEvents"][0]["Timestamp"] == NOW
    assert cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert code_of(cloudformation.describe_stack_events, StackName="nowhere") == "ValidationError"


def test_an_instances_status_and_state_can_be_played(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    instance = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    played = {"SystemStatus": {"Status": "impaired"}, "State": {"Code": 80, "Name": "stopped"}}
    aws.account.overrides["ec2", instance] = played
    status = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"][0]
    assert status["SystemStatus"]["Status"] == "impaired"
    assert status["InstanceStatus"]["Status"] == "ok"
    assert status["InstanceState"]["Name"] == "stopped"
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    assert described["State"]["Name"] == "stopped"
    assert "SystemStatus" not in described


def test_guardduty_has_found_nothing(aws: Aws) -> None:
    guardduty = aws.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    assert guardduty.list_detectors()["DetectorIds"] == [detector]
    assert guardduty.list_findings(DetectorId=detector)["FindingIds"] == []
    assert guardduty.get_findings(DetectorId=detector, FindingIds=["f"])["Findings"] == []
