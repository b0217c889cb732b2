"""Logs of Lambda functions, tallied line by line: durations, time-outs, memory, cold starts, errors. No line is kept.

FilterLogEvents reads a megabyte a page and five pages a second, so it is given a pattern and a budget of pages. Where an
aggregate over a long time is wanted, Logs Insights counts on AWS's side (`insights`).
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, exp, log
from typing import Any

from runbooks.errors import Unreadable
from runbooks.estate import FunctionLog, Reading, Spread, StackResource
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings
from runbooks.sources import stack

PAGES = 60  # of one group: a page looks at up to 10,000 events, and five a second is all that an account may ask
# AWS's terms with ? are alternatives; "ERROR" alone misses time-outs and crashes
PATTERN = '?"REPORT RequestId" ?"Task timed out" ?"Runtime exited" ?ERROR ?Error'
KINDS = 200  # different errors told apart
MOST = 5  # of them, the most frequent
WIDTH = 80  # characters of an error's own words
STEP = 0.02  # relative width of a bucket of durations: a percentile is right within one percent
GROUPS = 50  # that one query of Logs Insights may ask (StartQuery)
POLL = (0.2, 2.0)  # seconds between two looks at a query: first, and at most

_REPORT = re.compile(
    r"\tDuration: (?P<took>[\d.]+) ms\t.*?\tMemory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB"
    r"(?:\t.*?Init Duration: (?P<init>[\d.]+) ms)?",
    re.DOTALL,
)
_LEVEL = "\tERROR\t"
_JSON_LEVEL = re.compile(r'"level": ?"(?:error|ERROR|critical|CRITICAL)"')
_NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


@dataclass(slots=True)
class _Times:
    """Durations as counts in buckets that grow by STEP: as many for a million as for a thousand."""

    counts: Counter[int] = field(default_factory=Counter)
    most: float = 0.0

    def add(self, milliseconds: float) -> None:
        self.counts[round(log(max(milliseconds, 0.01)) / STEP)] += 1
        self.most = max(self.most, milliseconds)

    def spread(self) -> Spread:
        total = self.counts.total()
        return Spread(total, self._rank(0.5 * total), self._rank(0.95 * total), self._rank(0.99 * total), self.most)

    def _rank(self, rank: float) -> float:
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= ceil(rank):
                return min(exp(bucket * STEP), self.most)
        return 0.0


@dataclass(slots=True)
class _Told:
    """What the lines of a group told so far."""

    lines: int = 0
    durations: _Times = field(default_factory=_Times)
    inits: _Times = field(default_factory=_Times)
    timeouts: int = 0
    ended: int = 0
    out_of_memory: int = 0
    crashes: int = 0
    errors: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def hear(self, message: str) -> None:
        """Take in one line; it is searched for a word before it is taken apart, because most lines are none of these."""
        self.lines += 1
        if message.startswith("REPORT RequestId"):
            self._report(message)
        elif _LEVEL in message:
            self._error(message.partition(_LEVEL)[2])
        elif "Task timed out after" in message:
            self.timeouts += 1
        elif "Runtime exited" in message:
            self.crashes += 1
        elif message.startswith("{") and _JSON_LEVEL.search(message):
            self._error(_message(message))

    def _report(self, line: str) -> None:
        found = _REPORT.search(line)
        if found is None:
            return
        self.durations.add(float(found["took"]))
        if found["init"]:
            self.inits.add(float(found["init"]))
        self.out_of_memory += int(found["used"]) >= int(found["size"])
        self.ended += "Status: timeout" in line  # newer runtimes say it here, in place of a line of its own or beside it

    def _error(self, words: str) -> None:
        self.errors += 1
        kind = _NUMBERS.sub("#", words.split("\n", 1)[0].strip())[:WIDTH]
        if kind in self.kinds or len(self.kinds) < KINDS:
            self.kinds[kind] += 1


def invocations(reader: Reader, settings: Settings) -> list[FunctionLog]:
    """Return for each function of the stack what its log tells of the window (FilterLogEvents)."""
    members = stack.resources(reader, settings, "AWS::Lambda::Function")
    return reader.map(lambda member: _told(reader, settings, member), members, name=lambda member: member.physical)


def insights(
    reader: Reader, groups: Sequence[str], query: str, *, start: datetime, end: datetime, limit: int = 1000
) -> tuple[list[dict[str, str]], Reading]:
    """Return the rows that Logs Insights gives for `query` over at most GROUPS groups, field by field, and what it looked at.

    Raises Unreadable when the query fails, or is not done by the deadline; then it is stopped.
    """
    if len(groups) > GROUPS:
        raise ValueError(f"{len(groups)} log groups: one query takes {GROUPS}")
    given = {"startTime": int(start.timestamp()), "endTime": int(end.timestamp()), "queryString": query, "limit": limit}
    begun = reader.poll("logs", "StartQuery", logGroupNames=list(groups), **given)["queryId"]
    answer, looks = _finished(reader, begun)
    rows = [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in answer["results"]]
    statistics = answer.get("statistics", {})
    how = f"Logs Insights, {len(groups)} groups, {statistics.get('bytesScanned', 0) / 1e6:,.1f} MB"
    stopped = f"at its limit of {limit} rows" if len(rows) >= limit else ""
    return rows, Reading(how, looks, int(statistics.get("recordsScanned", 0)), len(rows), stopped=stopped)


def _finished(reader: Reader, query: str) -> tuple[Answer, int]:
    """Look at a query until it is complete; return the answer and how often it was looked at."""
    pause, looks = POLL[0], 0
    while True:
        answer = reader.poll("logs", "GetQueryResults", queryId=query)
        looks += 1
        if answer["status"] == "Complete":
            return answer, looks
        if answer["status"] not in ("Scheduled", "Running"):
            detail = f"the query ended as {answer['status']}"
            raise Unreadable(Blind(call="logs:GetQueryResults", reason=Reason.SERVICE_ERROR, detail=detail))
        if time.monotonic() + 2 * pause >= reader.until:
            reader.poll("logs", "StopQuery", queryId=query)
            detail = f"the query was not done after {looks} looks at it, and was stopped"
            raise Unreadable(Blind(call="logs:GetQueryResults", reason=Reason.DEADLINE, detail=detail))
        time.sleep(pause)
        pause = min(2 * pause, POLL[1])


def _told(reader: Reader, settings: Settings, member: StackResource) -> FunctionLog:
    group = _group(reader, member.physical)
    told, exists = _Told(), True
    stream = reader.stream(
        "logs", "FilterLogEvents", "events", pages=PAGES, logGroupName=group, filterPattern=PATTERN,
        startTime=_milliseconds(settings.window.start), endTime=_milliseconds(settings.window.end),
    )  # fmt: skip
    try:
        for page in stream:
            _hear(told, page.rows)
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        exists = False
    if exists and not stream.complete:
        reader.blind.append(stream.blind.model_copy(update={"resource": group}))
    return FunctionLog(
        function=member.physical,
        logical=member.logical,
        group=group,
        exists=exists,
        durations=told.durations.spread(),
        inits=told.inits.spread(),
        timeouts=max(told.timeouts, told.ended),
        out_of_memory=told.out_of_memory,
        crashes=told.crashes,
        errors=told.errors,
        kinds=tuple(told.kinds.most_common(MOST)),
        reading=Reading(
            "FilterLogEvents", stream.pages, told.lines, told.lines, stopped=stream.blind.detail if stream.stopped else ""
        ),
    )


def _hear(told: _Told, events: Iterable[Mapping[str, Any]]) -> None:
    for event in events:
        told.hear(event["message"])


def _group(reader: Reader, function: str) -> str:
    """Return the log group that a function writes to: its own setting, else Lambda's rule."""
    try:
        row = reader.read("lambda", "GetFunctionConfiguration", FunctionName=function)
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        row = Answer()
    return str(row.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")


def _message(line: str) -> str:
    """Return the words of a line of JSON."""
    try:
        found = json.loads(line)
    except ValueError:
        return line
    return str(found.get("message", "")) if isinstance(found, dict) else line


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
