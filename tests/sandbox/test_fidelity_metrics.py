"""CloudWatch metrics and alarms: what AWS does and moto does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from runbooks.sandbox.fidelity.metrics import percentile
from tests.sandbox.loopback import NOW

if TYPE_CHECKING:
    from tests.sandbox.loopback import Aws

START, END = NOW - timedelta(hours=1), NOW


@pytest.fixture
def cloudwatch(aws: Aws) -> Any:
    return aws.client("cloudwatch")


def put(cloudwatch: Any, name: str, values: list[float], namespace: str = "AWS/Lambda", minute: int = 0, **dimensions: str) -> None:
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": name,
                "Value": value,
                "Timestamp": START + timedelta(minutes=minute),
                "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
            }
            for value in values
        ],
    )


def stat(
    id_: str, name: str, statistic: str, namespace: str = "AWS/Lambda", period: int = 3600, **dimensions: str
) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()]}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}


def data(cloudwatch: Any, *queries: dict[str, Any], **more: Any) -> dict[str, list[float]]:
    answer = cloudwatch.get_metric_data(MetricDataQueries=list(queries), StartTime=START, EndTime=END, **more)
    return {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}


def test_dimensions_match_exactly(cloudwatch: Any) -> None:
    """AWS: a metric is its whole set of dimensions; fewer of them are another metric, which has no data."""
    put(cloudwatch, "ThrottledRequests", [3], "AWS/DynamoDB", TableName="boats", Operation="Scan")
    args = {"Namespace": "AWS/DynamoDB", "MetricName": "ThrottledRequests", "StartTime": START, "EndTime": END, "Period": 300}
    table = [{"Name": "TableName", "Value": "boats"}]
    whole = [*table, {"Name": "Operation", "Value": "Scan"}]
    for wrong in ([], table):
        assert cloudwatch.get_metric_statistics(**args, Dimensions=wrong, Statistics=["Sum"])["Datapoints"] == []
    assert cloudwatch.get_metric_statistics(**args, Dimensions=whole, Statistics=["Sum"])["Datapoints"][0]["Sum"] == 3
    found = data(
        cloudwatch,
        stat("a", "ThrottledRequests", "Sum", "AWS/DynamoDB", TableName="boats"),
        stat("b", "ThrottledRequests", "Sum", "AWS/DynamoDB", Operation="Scan", TableName="boats"),
    )
    assert found == {"a": [], "b": [3.0]}


def test_the_namespace_matches_too(cloudwatch: Any) -> None:
    put(cloudwatch, "Errors", [1], "AWS/Lambda", FunctionName="f")
    assert data(cloudwatch, stat("m", "Errors", "Sum", "Custom", FunctionName="f")) == {"m": []}


def test_percentiles_are_computed_over_the_whole_period(cloudwatch: Any) -> None:
    """AWS: pNN over the period; without data the series is there and empty."""
    put(cloudwatch, "Duration", [float(value) for value in range(1, 101)], FunctionName="f")
    found = data(
        cloudwatch,
        stat("p50", "Duration", "p50", FunctionName="f"),
        stat("p99", "Duration", "p99.9", FunctionName="f"),
        stat("none", "Duration", "p95", FunctionName="g"),
    )
    assert found["p50"] == [50.5]
    assert found["p99"] == [pytest.approx(99.901)]
    assert found["none"] == []
    points = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Duration", Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        StartTime=START, EndTime=END, Period=3600, ExtendedStatistics=["p95"],
    )["Datapoints"]  # fmt: skip
    assert points[0]["ExtendedStatistics"] == {"p95": pytest.approx(95.05)}


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert percentile([10.0], 95) == 10
    assert percentile([1.0, 2.0, 3.0, 4.0], 100) == 4
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.5


def test_a_percentile_of_statistic_sets_has_no_data(cloudwatch: Any) -> None:
    """AWS: percentiles need the raw values."""
    sets = {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}
    cloudwatch.put_metric_data(Namespace="X", MetricData=[{"MetricName": "m", "StatisticValues": sets, "Timestamp": START}])
    found = data(cloudwatch, stat("p", "m", "p50", "X"), stat("a", "m", "Average", "X"), stat("x", "m", "Maximum", "X"))
    assert found == {"p": [], "a": [2.5], "x": [4.0]}


def test_metric_math(cloudwatch: Any) -> None:
    """AWS: arithmetic where both have data, SUM over METRICS(), FILL for the gaps; ReturnData hides its inputs."""
    put(cloudwatch, "Errors", [2], FunctionName="f")
    put(cloudwatch, "Invocations", [8], FunctionName="f")
    put(cloudwatch, "Invocations", [5], FunctionName="f", minute=30)
    found = data(
        cloudwatch,
        {**stat("m1", "Errors", "Sum", period=1800, FunctionName="f"), "ReturnData": False},
        {**stat("m2", "Invocations", "Sum", period=1800, FunctionName="f"), "ReturnData": False},
        {"Id": "rate", "Expression": "100 * m1 / m2"},
        {"Id": "filled", "Expression": "FILL(m1, 0) / m2 * 100"},
        {"Id": "all", "Expression": "SUM(METRICS())"},
        {"Id": "both", "Expression": "SUM([m1, m2])"},
        ScanBy="TimestampAscending",
    )
    assert found == {"rate": [25.0], "filled": [25.0, 0.0], "all": [10.0, 5.0], "both": [10.0, 5.0]}


def test_a_division_by_zero_has_no_point(cloudwatch: Any) -> None:
    put(cloudwatch, "Errors", [0], FunctionName="f")
    queries = [stat("m1", "Errors", "Sum", FunctionName="f"), {"Id": "e", "Expression": "m1 / m1"}]
    assert data(cloudwatch, *queries)["e"] == []


@pytest.mark.parametrize("expression", ["m1 +", "m9 * 2", "SEARCH('x', 'Sum', 300)", "__import__('os')", "m1.__class__"])
def test_an_expression_that_is_not_understood_is_refused(cloudwatch: Any, expression: str) -> None:
    """Better than an empty list, which would look like no data."""
    with pytest.raises(ClientError) as refused:
        data(cloudwatch, stat("m1", "Errors", "Sum"), {"Id": "e", "Expression": expression})
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_points_come_newest_first_unless_told_otherwise(cloudwatch: Any) -> None:
    for minute in (0, 20, 40):
        put(cloudwatch, "Errors", [minute], minute=minute)
    query = stat("m", "Errors", "Sum", period=600)
    assert data(cloudwatch, query)["m"] == [40.0, 20.0, 0.0]
    assert data(cloudwatch, query, ScanBy="TimestampAscending")["m"] == [0.0, 20.0, 40.0]


def test_500_queries_are_the_limit(cloudwatch: Any) -> None:
    queries = [stat(f"m{number}", "Errors", "Sum") for number in range(501)]
    with pytest.raises(ClientError) as refused:
        data(cloudwatch, *queries)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert len(data(cloudwatch, *queries[:500])) == 500


def test_get_metric_statistics_refuses_what_aws_refuses(cloudwatch: Any) -> None:
    """AWS: at most 1,440 points; Statistics or ExtendedStatistics, not both."""
    args = {"Namespace": "X", "MetricName": "m", "EndTime": END}
    with pytest.raises(ClientError) as many:
        cloudwatch.get_metric_statistics(**args, StartTime=END - timedelta(days=2), Period=60, Statistics=["Sum"])
    with pytest.raises(ClientError) as both:
        cloudwatch.get_metric_statistics(**args, StartTime=START, Period=60, Statistics=["Sum"], ExtendedStatistics=["p90"])
    codes = {error.value.response["Error"]["Code"] for error in (many, both)}
    assert codes == {"InvalidParameterCombination"}


def test_datapoints_of_get_metric_statistics_are_not_sorted(cloudwatch: Any) -> None:
    for minute in range(0, 40, 5):
        put(cloudwatch, "Errors", [1], minute=minute)
    points = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Errors", StartTime=START, EndTime=END, Period=300, Statistics=["Sum"]
    )["Datapoints"]
    times = [each["Timestamp"] for each in points]
    assert len(times) == 8
    assert times != sorted(times)


def alarm(cloudwatch: Any, name: str, **more: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="AWS/Lambda", MetricName="Errors", ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1, Period=300, Threshold=1, Statistic="Sum", **more,
    )  # fmt: skip


def names(answer: dict[str, Any], kind: str = "MetricAlarms") -> list[str]:
    return [each["AlarmName"] for each in answer[kind]]


def test_a_new_alarm_has_insufficient_data_and_keeps_its_state_when_put_again(cloudwatch: Any) -> None:
    alarm(cloudwatch, "errors")
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "INSUFFICIENT_DATA"
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="seen")
    alarm(cloudwatch, "errors", AlarmDescription="again")
    described = cloudwatch.describe_alarms()["MetricAlarms"][0]
    assert (described["StateValue"], described["AlarmDescription"]) == ("ALARM", "again")


def test_all_filters_of_describe_alarms_hold_together(cloudwatch: Any) -> None:
    for name in ("api-errors", "api-latency", "db-errors"):
        alarm(cloudwatch, name)
    cloudwatch.set_alarm_state(AlarmName="api-errors", StateValue="ALARM", StateReason="seen")
    assert names(cloudwatch.describe_alarms(AlarmNamePrefix="api-", StateValue="ALARM")) == ["api-errors"]
    assert names(cloudwatch.describe_alarms(AlarmNames=["db-errors"], StateValue="ALARM")) == []
    assert names(cloudwatch.describe_alarms(AlarmNames=["db-errors", "gone"])) == ["db-errors"]


def test_describe_alarms_pages_over_both_kinds(cloudwatch: Any) -> None:
    """AWS: 50 unless MaxRecords says otherwise; composite alarms only by AlarmTypes."""
    for number in range(52):
        alarm(cloudwatch, f"a{number:02}")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(a00) OR ALARM(a01)")
    first = cloudwatch.describe_alarms()
    assert len(first["MetricAlarms"]) == 50
    assert first["CompositeAlarms"] == []
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=30)
    counted = [(len(page["MetricAlarms"]), len(page["CompositeAlarms"])) for page in pages]
    assert counted == [(30, 0), (22, 1)]


def test_a_wrong_token_is_refused(cloudwatch: Any) -> None:
    with pytest.raises(ClientError) as refused:
        cloudwatch.describe_alarms(NextToken="guess")
    assert refused.value.response["Error"]["Code"] in {"InvalidNextToken", "InvalidNextTokenException"}
