"""Are the alarms quiet, and would they ring: states, completeness, whom they tell, whether they can see; and the dashboards."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.checks.judgement import judge
from runbooks.checks.published import never_published
from runbooks.estate import AlarmHistory, AlarmState, Topic, Widget
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings


def alarms_quiet(alarms: Sequence[AlarmState], settings: Settings) -> CheckResult:
    """No alarm of any type is in ALARM."""
    ringing = [
        Evidence(
            resource=alarm.name, status=Status.FAIL,
            summary=f"in ALARM since {alarm.since:%Y-%m-%d %H:%M} UTC: {alarm.reason or 'no reason given'}",
            facts={"type": alarm.kind, "since": alarm.since.isoformat()},
        )
        for alarm in alarms
        if alarm.state == "ALARM"
    ]  # fmt: skip
    kinds = {kind: sum(alarm.kind == kind for alarm in alarms) for kind in ("metric", "composite", "log")}
    good = f"{len(alarms)} alarms, none in ALARM ({', '.join(f'{n} {kind}' for kind, n in kinds.items() if n)})"
    return judge(alarms_quiet, alarms, ringing, settings, good=good, expected="no metric, composite or log alarm in ALARM")


def alarms_complete(alarms: Sequence[AlarmState], settings: Settings) -> CheckResult:
    """Every alarm that should exist exists."""
    known = {alarm.name for alarm in alarms}
    wanted = settings.environment.expected.alarms
    missing = [
        Evidence(resource=name, status=Status.FAIL, summary="does not exist, so it cannot ring")
        for name in wanted
        if name not in known
    ]
    return judge(
        alarms_complete, alarms, missing, settings,
        good=f"all {len(wanted)} expected alarms exist", expected="the alarms the environment file names",
    )  # fmt: skip


def alarms_notify(rows: Sequence[AlarmState | Topic], settings: Settings) -> CheckResult:
    """Every alarm tells somebody: its actions are on, and the topic they send to exists."""
    evidence = [_gone(row) if isinstance(row, Topic) else _actions(row) for row in rows]
    return judge(
        alarms_notify, rows, evidence, settings,
        good="every alarm sends to a topic that exists", expected="ActionsEnabled, an action for ALARM, an existing topic",
    )  # fmt: skip


def _actions(alarm: AlarmState) -> Evidence | None:
    if not alarm.actions_enabled:
        return Evidence(resource=alarm.name, status=Status.FAIL, summary="its actions are disabled: it rings and nobody is told")
    if alarm.kind == "metric" and not alarm.actions:
        return Evidence(resource=alarm.name, status=Status.FAIL, summary="has no action for ALARM: it rings and nobody is told")
    return None


def _gone(topic: Topic) -> Evidence | None:
    if topic.exists:
        return None
    return Evidence(resource=topic.name, status=Status.FAIL, summary="the topic does not exist: what is sent to it reaches nobody")


def alarms_heard(topics: Sequence[Topic], settings: Settings) -> CheckResult:
    """Every topic that alarms send to has a confirmed subscriber."""
    return judge(
        alarms_heard, topics, [_unheard(topic) for topic in topics if topic.exists], settings,
        good="every topic has a confirmed subscriber", expected="at least one confirmed subscriber a topic",
    )  # fmt: skip


def _unheard(topic: Topic) -> Evidence | None:
    if topic.confirmed:
        return None
    pending = f" ({topic.pending} pending)" if topic.pending else ""
    return Evidence(
        resource=topic.name, status=Status.FAIL, summary=f"has 0 confirmed subscribers{pending}: what it sends reaches nobody",
        facts={"confirmed": topic.confirmed, "pending": topic.pending},
    )  # fmt: skip


def alarms_can_fire(alarms: Sequence[AlarmState], settings: Settings) -> CheckResult:
    """Every alarm watches a metric that exists, so that it can ring."""
    return judge(
        alarms_can_fire, alarms, [_can_fire(alarm) for alarm in alarms], settings,
        good=f"{len(alarms)} metric alarms can see what they watch",
        expected="a metric that AWS publishes with these dimensions, and data in the window",
        next_step="daily/performance-monitoring",
    )  # fmt: skip


def _can_fire(alarm: AlarmState) -> Evidence | None:
    if alarm.metric is None:
        return None
    names = ", ".join(name for name, _ in alarm.metric.dimensions) or "no dimension"
    watched = f"{alarm.metric.namespace} {alarm.metric.name} by {names}"
    facts = {"metric": watched, "state": alarm.state}
    if never_published(alarm.metric):
        return Evidence(
            resource=alarm.name, status=Status.FAIL, summary=f"can never ring: AWS does not publish {watched}", facts=facts
        )
    if alarm.state == "INSUFFICIENT_DATA":
        return Evidence(
            resource=alarm.name,
            status=Status.WARN,
            summary=f"is in INSUFFICIENT_DATA since {alarm.since:%Y-%m-%d %H:%M} UTC: it sees nothing",
            facts=facts,
        )
    if alarm.has_data is False:
        values = ", ".join(value for _, value in alarm.metric.dimensions)
        return Evidence(
            resource=alarm.name, status=Status.WARN, summary=f"its metric has no data in the window for {values}", facts=facts
        )
    return None


def alarms_steady(histories: Sequence[AlarmHistory], settings: Settings) -> CheckResult:
    """No alarm flaps."""
    limit = settings.environment.limits.alarm_flaps
    flapping = [
        Evidence(
            resource=row.name, status=Status.WARN, summary=f"changed its state {row.changes} times in the window, limit {limit}",
            facts={"changes": row.changes, "last": row.last.isoformat() if row.last else None},
        )
        for row in histories
        if row.changes >= limit
    ]  # fmt: skip
    return judge(
        alarms_steady, histories, flapping, settings,
        good=f"no alarm changed its state {limit} times or more", expected=f"fewer than {limit} changes of state in the window",
        next_step="daily/performance-monitoring",
    )  # fmt: skip


def dashboards_alive(widgets: Sequence[Widget], settings: Settings) -> CheckResult:
    """Every dashboard exists, and each of its widgets shows data."""
    return judge(
        dashboards_alive, widgets, [_widget(widget) for widget in widgets], settings,
        good=f"{len(widgets)} widgets on {len({widget.dashboard for widget in widgets})} dashboards show data",
        expected="data in the window for every metric of every widget", next_step="daily/performance-monitoring",
    )  # fmt: skip


def _widget(widget: Widget) -> Evidence | None:
    if not widget.title:
        return Evidence(resource=widget.dashboard, status=Status.FAIL, summary="the dashboard does not exist")
    if widget.alive:
        return None
    return Evidence(
        resource=f"{widget.dashboard} / {widget.title}", status=Status.WARN,
        summary=f"shows nothing: 0 of its {widget.metrics} metrics have data", facts={"metrics": widget.metrics, "with data": 0},
    )  # fmt: skip
