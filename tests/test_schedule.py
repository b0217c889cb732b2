"""What cron and systemd are given runs as it stands, one at a time; days without a run are noticed; old records go, safely."""

from __future__ import annotations

import fcntl
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runbooks import retention, schedule
from runbooks.errors import CallError, RecordError
from runbooks.schedule import Schedule
from tests.notify.days import result, verdict

NOW = datetime(2026, 11, 24, 5, 17, tzinfo=UTC)
CRON = re.compile(r"(?P<minute>\S+) (?P<hour>\S+) (?P<day>\S+) (?P<month>\S+) (?P<weekday>\S+)  (?P<command>.+)")
FIELDS = {"minute": range(60), "hour": range(24), "day": range(1, 32), "month": range(1, 13), "weekday": range(8)}


def planned(folder: Path, *environments: str, says: str = "", **more: object) -> Schedule:
    """Return a schedule whose `runbooks` is a program that writes down how it was called, and says and ends as told."""
    (folder / "re ports").mkdir(exist_ok=True)
    command = folder / "bin dir" / "runbooks"
    command.parent.mkdir(exist_ok=True)
    called = f'echo "$RUNBOOKS_REPORTS|$SECRET|$*" >> {shlex.quote(str(folder / "called"))}'
    command.write_text(f"#!/bin/sh\n{called}\n{says}\n", encoding="utf-8")
    command.chmod(0o755)
    places = {"reports": folder / "re ports", "logs": folder / "re ports"}
    return Schedule(environments or ("production",), command, **places, **more)  # type: ignore[arg-type]


def entries(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Read a crontab: the variables, and the lines with their fields."""
    variables, lines = {}, []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if found := CRON.fullmatch(line):
            lines.append(found.groupdict())
        else:
            name, _, value = line.partition("=")
            variables[name] = value.strip('"')
    return variables, lines


def performed(text: str, number: int = 0) -> subprocess.CompletedProcess[str]:
    """Do what cron does with a line: its variables, no others, its shell, and a % that is not escaped ends the command."""
    variables, lines = entries(text)
    command = re.sub(r"^sleep \d+; ", "", lines[number]["command"])
    assert not re.search(r"(?<!\\)%", command)
    return subprocess.run(
        [variables["SHELL"], "-c", command.replace(r"\%", "%")],
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_line_of_the_crontab_runs_as_it_stands(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.env"
    secrets.write_text("SECRET='slack://a b'\n", encoding="utf-8")
    plan = planned(tmp_path, says="echo told", secrets=secrets, prometheus=tmp_path / "100% prom")
    done = performed(schedule.crontab(plan))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    called = (tmp_path / "called").read_text(encoding="utf-8").strip()
    assert (
        called
        == f"{tmp_path}/re ports|slack://a b|daily -e production --notify --prometheus {tmp_path}/100% prom/runbooks-production.prom"
    )
    assert (tmp_path / "re ports" / "runbooks-daily-production.log").read_text(encoding="utf-8") == "told\n"


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_an_exit_code_becomes_a_sentence_and_stays_one(tmp_path: Path, code: int) -> None:
    done = performed(schedule.crontab(planned(tmp_path, says=f"exit {code}")))
    assert done.returncode == code
    log = f"{tmp_path}/re ports/runbooks-daily-production.log"
    assert done.stdout == f"runbooks: the daily run of production ended with exit code {code}, see {log}\n"


def test_a_second_run_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    text = schedule.crontab(planned(tmp_path))
    with (tmp_path / "re ports" / ".daily-production.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = performed(text)
    assert done.returncode == schedule.HELD
    assert "the daily run of production is left out, one is still going on" in done.stdout
    assert not (tmp_path / "called").exists()


def test_the_crontab_says_its_time_zone_and_each_field_is_in_range(tmp_path: Path) -> None:
    variables, lines = entries(schedule.crontab(planned(tmp_path, "production", "staging", "dev", mail="team-oncall@company.com")))
    assert (variables["CRON_TZ"], variables["MAILTO"]) == ("UTC", "team-oncall@company.com")
    assert len(lines) == 3 + 2
    for line in lines:
        for field, span in FIELDS.items():
            for part in re.split(r"[,/-]", line[field]):
                assert part == "*" or int(part) in span


def test_environments_begin_at_times_of_their_own_that_stay_the_same() -> None:
    times = [schedule.jitter(f"shop-{number}") for number in range(400)]
    assert times == [schedule.jitter(f"shop-{number}") for number in range(400)]
    assert all(0 <= each < schedule.SPREAD for each in times)
    assert len(set(times)) > 300


def test_a_line_that_cron_would_cut_is_refused(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    with pytest.raises(CallError, match="use shorter paths, or --systemd"):
        schedule.crontab(Schedule(("production",), tmp_path / ("x" * 800), plan.reports, plan.logs))


def test_no_secret_stands_in_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from runbooks.cli.main import cli

    monkeypatch.setenv("RUNBOOKS_TELL_INCIDENTS", "slack://s3cr3t")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.setenv("AWS_PROFILE", "observer")
    for form in ("--cron", "--systemd"):
        done = CliRunner().invoke(cli, ["schedule", "-e", "production", form])
        assert done.exit_code == 0, done.output
        assert "s3cr3t" not in done.output
        assert "observer" in done.output


UNIT = re.compile(r"\[(?P<section>[A-Za-z]+)\]|(?P<key>[A-Za-z]+)=(?P<value>.*)")


def test_the_units_of_systemd_are_well_formed(tmp_path: Path) -> None:
    plan = planned(tmp_path, "production", "staging", prometheus=tmp_path / "100% prom", secrets=tmp_path / "secrets.env")
    units = schedule.units(plan)
    assert {name.rpartition(".")[2] for name in units} == {"service", "timer"}
    for name, text in units.items():
        assert all(UNIT.fullmatch(line) for line in text.splitlines() if line), name
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert "RandomizedDelaySec=1200\nFixedRandomDelay=yes\nPersistent=yes" in units["runbooks-daily-production.timer"]
    assert " UTC\n" in units["runbooks-daily-production.timer"]
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("there is no systemd-analyze on this machine")
    done = subprocess.run(
        [verify, "verify", *(str(tmp_path / name) for name in units)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_systemd_starts_runs_as_it_stands(tmp_path: Path) -> None:
    text = schedule.units(planned(tmp_path, says="exit 3"))["runbooks-daily-production.service"]
    line = next(line for line in text.splitlines() if line.startswith("ExecStart=")).removeprefix("ExecStart=")
    variables = {"PATH": schedule.SEARCHED, "RUNBOOKS_REPORTS": str(tmp_path / "re ports")}
    program, dash, command = shlex.split(line.replace("%%", "%").replace("$$", "$"))
    done = subprocess.run([program, dash, command], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == "runbooks: the daily run of production ended with exit code 3\n"


def record(reports: Path, day: str, **more: object) -> Path:
    """Write the record of a run that began at noon of a day."""
    stem = f"system-health-{day.replace('-', '')}T120000Z-0a1b2c"
    said = verdict(result("functions_active")).model_copy(update=more)
    folder = reports / "sandbox" / day
    folder.mkdir(parents=True, exist_ok=True)
    for ending in (".ipynb", ".html", ".journal.jsonl", ".rows.csv"):
        (folder / f"{stem}{ending}").write_text("x" * 10, encoding="utf-8")
    (folder / f"{stem}.json").write_text(said.model_dump_json(), encoding="utf-8")
    return folder / f"{stem}.json"


def test_the_last_daily_run_is_found_by_its_name(tmp_path: Path) -> None:
    for day in ("2026-11-20", "2026-11-22"):
        record(tmp_path, day)
    (tmp_path / "sandbox" / "2026-11-23").mkdir()
    (tmp_path / "sandbox" / "2026-11-23" / "service-outage-20261123T120000Z-0a1b2c.json").touch()
    last = schedule.last_daily(tmp_path, "sandbox", ["system-health", "backup-verification"])
    assert last == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert schedule.last_daily(tmp_path, "production", ["system-health"]) is None


@pytest.mark.parametrize(("hours", "late"), [(1, False), (26, False), (26.1, True), (72, True)])
def test_a_day_without_a_daily_run_is_a_sentence_that_says_since_when(hours: float, *, late: bool) -> None:
    said = schedule.overdue(NOW - timedelta(hours=hours), NOW, 26.0)
    assert bool(said) is late
    assert not late or said.startswith(f"no daily run since {NOW - timedelta(hours=hours):%Y-%m-%d %H:%M} UTC")


def test_nothing_is_missed_before_the_first_daily_run() -> None:
    assert schedule.overdue(None, NOW, 26.0) == ""


def test_the_doctor_says_since_when_there_was_no_daily_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runbooks import doctor

    record(tmp_path, "2026-01-02")
    monkeypatch.setenv("RUNBOOKS_REPORTS", str(tmp_path))
    monkeypatch.setattr(doctor, "locate", lambda _: pytest.fail("it is said before anything is asked"))
    found = next(doctor.environment("sandbox"))
    assert (found.name, found.status) == ("sandbox: daily runs", "UNKNOWN")
    assert "no daily run since 2026-01-02 12:00 UTC" in found.summary


def names(records: Sequence[retention.Old]) -> list[str]:
    return [each.name for each in records]


def test_only_days_beyond_the_newest_may_go_by_the_days_that_are_there(tmp_path: Path) -> None:
    for number in range(1, 13):
        record(tmp_path, f"2019-03-{number:02}")
    found = retention.old(tmp_path, "sandbox", 10)
    assert names(found) == [f"sandbox/2019-03-0{day}/system-health-2019030{day}T120000Z-0a1b2c" for day in (1, 2)]
    assert names(list(retention.remove(found))) == names(found)
    assert sorted(day.name for day in (tmp_path / "sandbox").iterdir()) == [f"2019-03-{number:02}" for number in range(3, 13)]


def test_what_somebody_may_still_need_stays(tmp_path: Path) -> None:
    for number in range(1, 20):
        record(tmp_path, f"2026-03-{number:02}")
    record(tmp_path, "2026-03-01", incident="INC-7")
    change = {"summary": "s", "service": "lambda", "operation": "UpdateAlias", "params": {}, "before": {}, "after": {}}
    path = record(tmp_path, "2026-03-02")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"changes": [change]}), encoding="utf-8")
    record(tmp_path, "2026-03-03").write_text("{", encoding="utf-8")
    record(tmp_path, "2026-03-04").unlink()
    (tmp_path / "sandbox" / "2026-03-05" / ".system-health-20260305T120000Z-0a1b2c").mkdir()
    (tmp_path / "sandbox" / "2026-03-06" / "notes of the night.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "sandbox" / "2026-03-07" / "elsewhere-20260307T120000Z-0a1b2c.json").symlink_to("/etc/hostname")
    found = retention.old(tmp_path, "sandbox", 10)
    kept = [each.kept for each in found if each.kept]
    assert kept == [
        "belongs to an incident", "changed something", "its verdict cannot be read", "its verdict cannot be read", "is not finished",
    ]  # fmt: skip
    assert len(list(retention.remove(found))) == 4
    left = sorted(path.name for path in (tmp_path / "sandbox").glob("2026-03-0[1-9]/*"))
    assert "notes of the night.txt" in left
    assert "elsewhere-20260307T120000Z-0a1b2c.json" in left
    assert sum(name.endswith(".html") for name in left) == 5
    assert retention.environments(tmp_path) == ["sandbox"]


def test_few_days_are_never_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="too few to keep"):
        retention.old(tmp_path, "sandbox", 0)


def test_tidying_lists_and_only_removes_when_told_to(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from runbooks.cli.main import cli

    for number in range(1, 10):
        record(tmp_path, f"2026-03-{number:02}")
    command = ["tidy", "--keep", "8", "--out", str(tmp_path)]
    listed = CliRunner().invoke(cli, command)
    assert "may go  sandbox/2026-03-01/system-health" in listed.output
    assert "add --remove" in listed.output
    assert (tmp_path / "sandbox" / "2026-03-01").exists()
    removed = CliRunner().invoke(cli, [*command, "--remove"])
    assert "removed sandbox/2026-03-01/system-health" in removed.output
    assert not (tmp_path / "sandbox" / "2026-03-01").exists()
