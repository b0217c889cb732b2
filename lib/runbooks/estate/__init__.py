"""The platform's resources as they stand: the plain rows that sources return and checks judge."""

from __future__ import annotations

from runbooks.estate.platform import (
    ABSENT,
    AlarmHistory,
    AlarmState,
    CertificateState,
    EndpointAnswer,
    FunctionState,
    IndexState,
    Metric,
    StackResource,
    StackState,
    StageState,
    TableState,
    Topic,
    Wanted,
    Widget,
)
from runbooks.estate.trails import FunctionLog, Reading, Spread, Subject, Tally, Trail

__all__ = [
    "ABSENT",
    "AlarmHistory",
    "AlarmState",
    "CertificateState",
    "EndpointAnswer",
    "FunctionLog",
    "FunctionState",
    "IndexState",
    "Metric",
    "Reading",
    "Spread",
    "StackResource",
    "StackState",
    "StageState",
    "Subject",
    "TableState",
    "Tally",
    "Topic",
    "Trail",
    "Wanted",
    "Widget",
]
