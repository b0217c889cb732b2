"""When the daily runs go, and whether they went: lines for cron, units for systemd, and the look for days without a run."""

from __future__ import annotations

import re
import shlex
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runbooks.errors import CallError

SPREAD = 20 * 60  # seconds over which the environments begin
LONGEST = 990  # characters of a command that every cron takes
SEARCHED = "/usr/local/bin:/usr/bin:/bin"
HELD = 75  # exit code of flock where the lock is held (EX_TEMPFAIL)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RUN = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)-(?P<time>[0-9]{8}T[0-9]{6}Z)-[0-9a-f]{6}\.json")
_DAYS_SEARCHED = 60


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs when.

    Attributes:
        environments: Those that are looked at every day.
        command: The whole path of `runbooks`.
        reports: Where the records, locks and, without `logs`, the logs are.
        variables: Environment variables for the runs, none of them secret.
        secrets: A file of VARIABLE=value lines with the secret ones, for its owner only; None for none.
        prometheus: The folder of the textfile collector; None for none.
        hour: At which the daily runs begin, UTC.
        days: How many days of records are kept.
        mail: Whom cron writes to.
        notify: Whether people are told.
    """

    environments: Sequence[str]
    command: Path
    reports: Path
    logs: Path
    variables: dict[str, str] = field(default_factory=dict)
    secrets: Path | None = None
    prometheus: Path | None = None
    hour: int = 5
    days: int = 90
    mail: str = ""
    notify: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that is done again and again: when in both notations, and how long it may wait for its turn, in seconds."""

    name: str
    what: str
    arguments: tuple[str, ...]
    cron: str
    calendar: str
    pause: int = 0
    spread: int = 0


def jobs(schedule: Schedule) -> list[Job]:
    """Return what is to be done: a daily run of each environment, what is due to be told, and the removal of old records."""
    done = [_daily(schedule, name) for name in schedule.environments]
    if schedule.notify:
        done.append(Job("tell", "telling what is due", ("tell",), "*/5 * * * *", "*:0/5"))
    tidy, hour = ("tidy", "--keep", str(schedule.days), "--remove"), (schedule.hour + 22) % 24
    done.append(Job("tidy", "the removal of old records", tidy, f"43 {hour} * * 0", f"Sun *-*-* {hour:02}:43:00 UTC"))
    return done


def _daily(schedule: Schedule, environment: str) -> Job:
    arguments = ["daily", "-e", environment, *(["--notify"] if schedule.notify else [])]
    if schedule.prometheus:
        arguments += ["--prometheus", str(schedule.prometheus / f"runbooks-{environment}.prom")]
    minute, pause = divmod(jitter(environment), 60)
    return Job(
        f"daily-{environment}", f"the daily run of {environment}", tuple(arguments), f"{minute} {schedule.hour} * * *",
        f"*-*-* {schedule.hour:02}:00:00 UTC", pause=pause, spread=SPREAD,
    )  # fmt: skip


def jitter(environment: str) -> int:
    """Return how many seconds after the hour an environment begins: always the same, and others at other times."""
    return zlib.crc32(environment.encode()) % SPREAD


def crontab(schedule: Schedule) -> str:
    """Return the lines for a crontab of the user that runs them."""
    head = [
        "# Times are UTC. cronie reads CRON_TZ; the cron of Debian does not: there the machine's clock must be UTC.",
        "CRON_TZ=UTC",
        "SHELL=/bin/sh",
        f"MAILTO={schedule.mail}"
        if schedule.mail
        else "# MAILTO=, or the user's own mailbox, gets a line when a run ends with an exit code",
        *(f'{name}="{value}"' for name, value in {**_variables(schedule), "LOGS": str(schedule.logs)}.items()),
    ]
    load = f"set -a; . {shlex.quote(str(schedule.secrets))}; set +a; " if schedule.secrets else ""
    lines = [_line(schedule, job, load) for job in jobs(schedule)]
    return "\n".join([*head, "", *lines, ""])


def _line(schedule: Schedule, job: Job, load: str) -> str:
    """Return one line; raises CallError where it is longer than cron takes."""
    wait = f"sleep {job.pause}; " if job.pause else ""
    command = _percent(f"{wait}{load}{script(schedule, job, f'$LOGS/runbooks-{job.name}.log')}")
    if len(command) > LONGEST:
        raise CallError(
            f"the line for {job.what} has {len(command)} characters, cron takes {LONGEST}: use shorter paths, or --systemd"
        )
    return f"{job.cron}  {command}"


def units(schedule: Schedule) -> dict[str, str]:
    """Return the text of each systemd unit, by its file name: a service and a timer for each job."""
    texts = {}
    for job in jobs(schedule):
        texts[f"runbooks-{job.name}.service"] = _service(schedule, job)
        texts[f"runbooks-{job.name}.timer"] = _timer(job)
    return texts


def script(schedule: Schedule, job: Job, log: str = "") -> str:
    """Return the line of sh that does a job under its lock, and says in a sentence why when that went wrong."""
    lock = f"$RUNBOOKS_REPORTS/.{job.name}.lock"
    command = shlex.join([str(schedule.command), *job.arguments])
    kept, where = (f' >>"{log}" 2>&1', f", see {log}") if log else ("", "")
    return (
        f'flock -n -E {HELD} "{lock}" {command}{kept} || {{ c=$?; [ $c -eq {HELD} ] '
        f'&& echo "runbooks: {job.what} is left out, one is still going on ({lock} is held)" '
        f'|| echo "runbooks: {job.what} ended with exit code $c{where}"; exit $c; }}'
    )


def _service(schedule: Schedule, job: Job) -> str:
    variables = "".join(f'Environment="{name}={_specifier(value)}"\n' for name, value in _variables(schedule).items())
    secrets = f"EnvironmentFile={schedule.secrets}\n" if schedule.secrets else ""
    line = _specifier(script(schedule, job)).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return (
        f"[Unit]\nDescription=Runbooks: {job.what}\nWants=network-online.target\nAfter=network-online.target\n\n"
        f'[Service]\nType=oneshot\n{variables}{secrets}ExecStart=/bin/sh -c "{line}"\n'
        "TimeoutStartSec=2h\nNice=10\nUMask=0077\nNoNewPrivileges=yes\n"
    )


def _timer(job: Job) -> str:
    spread = f"RandomizedDelaySec={job.spread}\nFixedRandomDelay=yes\n" if job.spread else ""
    lasting = "Persistent=yes\n" if job.spread else ""
    return (
        f"[Unit]\nDescription=Runbooks: {job.what}, again and again\n\n"
        f"[Timer]\nOnCalendar={job.calendar}\n{spread}{lasting}AccuracySec=30s\n\n[Install]\nWantedBy=timers.target\n"
    )


def _variables(schedule: Schedule) -> dict[str, str]:
    return {"PATH": SEARCHED, "RUNBOOKS_REPORTS": str(schedule.reports), **schedule.variables}


def _percent(text: str) -> str:
    return text.replace("%", r"\%")  # cron takes a bare one for a line end


def _specifier(text: str) -> str:
    return text.replace("%", "%%")


def last_daily(reports: Path, environment: str, names: Sequence[str]) -> datetime | None:
    """Return when the newest run of a daily runbook (`names`, without their folder) began; None when none is there."""
    folder = reports / environment
    days = sorted((day for day in folder.glob("*") if _DAY.fullmatch(day.name) and day.is_dir()), reverse=True)
    for day in days[:_DAYS_SEARCHED]:
        found = (_RUN.fullmatch(path.name) for path in day.iterdir())
        times = [match["time"] for match in found if match and match["name"] in names]
        if times:
            return datetime.strptime(max(times), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return None


def overdue(last: datetime | None, now: datetime, hours: float) -> str:
    """Say since when there was no daily run, empty when it is not too long ago; nothing is said of a first one."""
    if last is None or now - last <= timedelta(hours=hours):
        return ""
    since = f"{last.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"no daily run since {since}, {(now - last).total_seconds() / 3600:.0f} h ago; one is due every {hours:g} h"
