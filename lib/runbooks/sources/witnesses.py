"""Who can say that rows of the audit log are missing: the logins that left none, the functions' own words, and the traffic.

The functions catch an error of writing a row and go on, so that neither a status nor a metric tells of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate, pairwise

from runbooks.errors import Unreadable
from runbooks.estate import Metric, Result, StackResource, Witness
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason, Window
from runbooks.settings import Settings
from runbooks.sources import attempts, events, logins, metrics, stack

PATTERN = '?"Error logging" ?INIT_START'  # the second one is there every day: it proves that the log can be read
LOSS = "Error logging"
WRITERS = ("AuthFunction", "AdminFunction")  # the functions that write the audit log, by the start of their logical ids
PAGES = 60
WEEK = timedelta(days=7)
ONE = timedelta(minutes=10)  # rows closer than this are one visit: they do not come independently
USUAL = 0.9  # quantile of an hour's traffic: what is beyond is a load test or an attack, and brings no logins
HOUR = timedelta(hours=1)


def of_the_audit_log(reader: Reader, settings: Settings) -> list[Witness]:
    """Return what each witness says of the window; those that cannot be read go to the reader's `blind`. Read once in a run."""
    return reader.once("witnesses", lambda own: _all(own, settings))


def _all(reader: Reader, settings: Settings) -> list[Witness]:
    members = [
        member for member in stack.resources(reader, settings, "AWS::Lambda::Function") if member.logical.startswith(WRITERS)
    ]
    asked: list[Callable[[], list[Witness]]] = [partial(_logins, reader, settings), partial(_silence, reader, settings)]
    asked += [partial(_losses, reader, settings, member) for member in members]
    return [witness for found in reader.map(lambda ask: ask(), asked, name=lambda _: "the audit log") for witness in found]


def _logins(reader: Reader, settings: Settings) -> list[Witness]:
    """Each login that succeeded leaves a row in both tables, by the same client at the same time."""
    found = [each for trail in logins.tried(reader, settings) for each in trail.logins if each.result is Result.SUCCESS]
    entered = [entry for entry in logins.audited(reader, settings) if entry.action == logins.ENTERED]
    tried = [(each.at, each.address, each.agent) for each in found]
    told = [(entry.at, entry.address, entry.agent) for entry in entered]
    return [
        _compared("login-attempts", "logins that succeeded and left no audit row", tried, told, settings),
        _compared("audit-logs", "logins in the audit log that left no row among the attempts", told, tried, settings),
    ]


def _compared(
    name: str, saw: str, seen: Sequence[tuple[float, str, str]], told: Sequence[tuple[float, str, str]], settings: Settings
) -> Witness:
    """Count what one table has and the other has not; the ends of the window are left out, as the two rows are seconds apart."""
    margin = attempts.MATCH_SECONDS
    first, last = settings.window.start.timestamp() + margin, settings.window.end.timestamp() - margin
    by_client: dict[tuple[str, str], list[float]] = {}
    for at, address, agent in told:
        by_client.setdefault((address, agent), []).append(at)
    for times in by_client.values():
        times.sort()
    lost = []
    for at, address, agent in sorted(seen):
        times = by_client.get((address, agent), [])
        place = bisect_left(times, at - margin)
        if place < len(times) and times[place] <= at + margin:
            del times[place]
        elif first <= at <= last:
            lost.append(at)
    return _witness(name, saw, len(seen), [datetime.fromtimestamp(at, UTC) for at in lost])


def _losses(reader: Reader, settings: Settings, member: StackResource) -> list[Witness]:
    """Count the function's own lines about rows that it could not write (FilterLogEvents)."""
    group = f"/aws/lambda/{member.physical}"
    start = min(settings.window.start, settings.window.end - timedelta(days=1))
    stream = reader.stream(
        "logs", "FilterLogEvents", "events", pages=PAGES, logGroupName=group, filterPattern=PATTERN,
        startTime=_millis(start), endTime=_millis(settings.window.end),
    )  # fmt: skip
    lost, seen = [], 0
    for page in stream:
        seen += len(page.rows)
        lost += [
            datetime.fromtimestamp(row["timestamp"] / 1000, UTC)
            for row in page.rows
            if LOSS in row["message"] and row["timestamp"] >= _millis(settings.window.start)
        ]
    if not stream.complete:
        reader.blind.append(stream.blind.model_copy(update={"resource": group}))
    if not seen:
        detail = "not a single start of the function in its log: it cannot be told whether rows were lost"
        raise Unreadable(Blind(call="logs:FilterLogEvents", reason=Reason.NO_DATA, resource=group, detail=detail))
    return [_witness(member.physical, "rows that the function says it could not write", seen, lost)]


@dataclass(slots=True)
class _Times:
    times: list[datetime] = field(default_factory=list)

    def take(self, row: events.Row) -> None:
        self.times.append(events.moment(events.text(row, "timestamp")))


def _silence(reader: Reader, settings: Settings) -> list[Witness]:
    """Find the silence of the audit log in which most visits should have come, by the traffic of the API and a week's habit."""
    week = replace(settings, window=Window(start=min(settings.window.start, settings.now - WEEK), end=settings.window.end))
    table = events.named(settings, "audit-logs")
    metric = Metric("AWS/ApiGateway", "Count", (("ApiName", settings.environment.expected.api),))
    points = metrics.series(reader, week, [metric], stat="Sum", period=3600)[metric].points
    if not points:
        detail = "the API's Count has no data, so a silence cannot be told from a quiet day"
        raise Unreadable(Blind(call="cloudwatch:GetMetricData", reason=Reason.NO_DATA, resource=metric.name, detail=detail))
    parts, _ = events.query(reader, week, table, logins.BY_ACTION, (logins.ENTERED, "ADMIN_ACCESS"), ("timestamp",), _Times)
    visits = _visits(sorted(at for part in parts for at in part.times))
    return [longest(visits, points, settings.window)]


def longest(visits: Sequence[datetime], points: Sequence[tuple[datetime, float]], window: Window) -> Witness:
    """Return the silence that touches the window in which most visits were due; pure.

    `points` are the requests of each hour. Their number over all of it, with the visits, says how many requests bring a visit.
    """
    usual = sorted(value for _, value in points)[int(len(points) * USUAL)]
    hours = [at for at, _ in points]
    before = [0.0, *accumulate(min(value, usual) for _, value in points)]

    def until(moment: datetime) -> float:
        """Return the requests before a moment; an hour that is cut counts by its part."""
        hour = max(bisect_right(hours, moment) - 1, 0)
        share = min(max((moment - hours[hour]) / HOUR, 0.0), 1.0)
        return before[hour] + share * (before[hour + 1] - before[hour])

    rate = len(visits) / (before[-1] or 1.0)
    silences = [
        (rate * (until(end) - until(start)), start, end)
        for start, end in pairwise([hours[0], *visits, window.end])
        if end > window.start
    ]
    due, start, end = max(silences, default=(0.0, window.start, window.end))
    return Witness("traffic", "visits due in the longest silence", len(visits), 0, start, end, round(due, 1))


def _visits(times: Sequence[datetime]) -> list[datetime]:
    """Return the times without those that follow another one closely."""
    return [at for number, at in enumerate(times) if number == 0 or at - times[number - 1] > ONE]


def _witness(name: str, saw: str, events_: int, lost: Sequence[datetime]) -> Witness:
    return Witness(name, saw, events_, len(lost), min(lost, default=None), max(lost, default=None))


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
