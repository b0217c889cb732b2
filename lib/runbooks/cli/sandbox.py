"""`runbooks sandbox`: start, break and mend the local platform."""

from __future__ import annotations

import json

import click


@click.group()
def sandbox() -> None:
    """Start, break and mend the local platform."""


@sandbox.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="of the AWS side; 0 takes any free one")
@click.option("--edge-port", type=click.IntRange(0, 65535), default=0, help="of the web side; 0 takes any free one")
@click.option("--now", default="", metavar="TIME", help="pin the sandbox's clock to this time, as 2026-11-24T03:00:00Z")
def up(port: int, edge_port: int, now: str) -> int:
    """Start the sandbox and leave it running."""
    from runbooks.gateway import local

    path = local.up(port=port, edge_port=edge_port, now=now)
    click.echo(f"the sandbox is up, and says in {path} how to reach it; end it with `runbooks sandbox down`")
    return 0


@sandbox.command()
def down() -> int:
    """End the running sandbox."""
    from runbooks.gateway import local

    click.echo(f"the sandbox, process {local.down()}, has ended")
    return 0


@sandbox.command()
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def status(*, as_json: bool) -> int:
    """Say whether the sandbox runs, where, and what is broken."""
    from runbooks.gateway import local

    state = local.required()
    found = local.ask(state, "status")
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return 0
    click.echo(f"up, process {state['pid']}, AWS at {state['aws']}, web at {state['edge']}, time {found['now']}")
    for name, about in found["environments"].items():
        broken = "; ".join(f"{fault}: {words}" for fault, words in about["broken"].items())
        click.echo(f"  {name}  account {about['account']}  {broken or 'whole'}")
    return 0


@sandbox.command("break")
@click.argument("fault", required=False, metavar="[FAULT]")
@click.option("-e", "--environment", default="sandbox", show_default=True, metavar="ENV")
def break_(fault: str | None, environment: str) -> int:
    """Break something on purpose; without a name, say what can be broken."""
    if fault is None:
        from runbooks.sandbox.faults import CATALOGUE

        for known in CATALOGUE.values():
            click.echo(f"{known.name}\n  {known.title}")
        return 0
    from runbooks.gateway import local

    local.ask(local.required(), "break", {"environment": environment, "fault": fault})
    click.echo(f"{environment}: {fault} is broken now; `runbooks sandbox mend` makes it whole")
    return 0


@sandbox.command()
@click.option("-e", "--environment", default="", metavar="ENV", help="only this environment")
def mend(environment: str) -> int:
    """Make everything whole again."""
    from runbooks.gateway import local

    local.ask(local.required(), "mend", {"environment": environment} if environment else {})
    click.echo(f"{environment or 'every environment'} is whole")
    return 0
