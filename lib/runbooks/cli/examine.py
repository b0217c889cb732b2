"""`runbooks list`, `doctor` and `drill`: what there is, what would work, and what was seen to work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from runbooks import catalogue
from runbooks.cli.options import SANDBOXES, environments
from runbooks.errors import CallError

if TYPE_CHECKING:
    from runbooks.drills import Drill


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def list_(*, as_json: bool) -> int:
    """Say which runbooks there are: name, question, severity, what they write, owner, last review."""
    rows = [
        {
            "name": r.name,
            "question": r.question,
            "severity": r.severity,
            "writes": r.writes,
            "owner": r.owner,
            "reviewed": str(r.reviewed),
        }
        for r in catalogue.all_runbooks()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        click.echo(f"{row['name']}\n  {row['question']}")
        click.echo(f"  {row['severity']}, writes {row['writes']}, {row['owner']}, reviewed {row['reviewed']}")
    return 0


@click.command()
@environments
@click.option("--policy", is_flag=True, help="print the read-only IAM policy that the runbooks need, and nothing else")
def doctor(chosen: Sequence[str], *, policy: bool) -> int:
    """Say what would work here: Python, packages, kernel, notebooks, credentials, identity, permissions, names."""
    from runbooks import doctor as examine

    if policy:
        click.echo(json.dumps(examine.policy(), indent=2))
        return 0
    findings = [*examine.machine(), *(finding for name in chosen or SANDBOXES[:1] for finding in examine.environment(name))]
    for finding in findings:
        click.echo(f"{finding.status:<7} {finding.name}: {finding.summary}")
    return batch_exit([finding.status for finding in findings])


def batch_exit(statuses: Sequence[str]) -> int:
    """Return the exit code of a list of findings."""
    from runbooks.model import EXIT_CODES, Status, worst

    return EXIT_CODES[worst(Status(status) for status in statuses)]


@click.command()
@click.argument("faults", nargs=-1, metavar="[FAULT]...")
@click.option("-e", "--environment", default="sandbox", show_default=True, metavar="ENV")
def drill(faults: Sequence[str], environment: str) -> int:
    """Break the sandbox on purpose, run the runbooks, and score what they saw; without names, every known fault."""
    from runbooks import drills
    from runbooks.sandbox.faults import CATALOGUE

    unknown = [name for name in faults if name not in CATALOGUE]
    if unknown:
        raise CallError(f"unknown fault '{unknown[0]}': choose one of {', '.join(CATALOGUE)}")
    done = drills.drill([CATALOGUE[name] for name in faults or CATALOGUE], environment, on_done=_score)
    click.echo(drills.score(done))
    return 0 if done and all(one.passed for one in done) else 1


def _score(one: Drill) -> None:
    words = "; ".join([*one.missed, *one.false_alarms]) or f"{one.broken.status}, {one.broken.summary}"
    click.echo(f"{'caught' if one.passed else 'MISSED':<7} {one.fault}  {one.runbook}: {words}")
