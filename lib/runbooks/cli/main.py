"""The command line: arguments in, sentences out. What the words mean is decided elsewhere, and imported only when needed."""

from __future__ import annotations

import sys

import click

from runbooks.cli import examine, records, runs, sandbox, schedule, telling
from runbooks.errors import CallError, RefusedError, RunbooksError


def main() -> None:
    """Run the command line; exit 0 PASS or WARN, 1 FAIL, 2 wrong call, 3 UNKNOWN or not completed, 4 refused."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.UsageError as error:
        _stop(error.format_message() + f" (see '{_path(error)} --help')", 2)
    except (click.Abort, KeyboardInterrupt):
        _stop("interrupted", 3)
    except RunbooksError as error:
        _stop(str(error), _exit_of(error))
    except BrokenPipeError:
        sys.exit(3)


def _exit_of(error: RunbooksError) -> int:
    return 2 if isinstance(error, CallError) else 4 if isinstance(error, RefusedError) else 3


def _path(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx else "runbooks"


def _stop(sentence: str, code: int) -> None:
    click.echo(f"runbooks: {' '.join(sentence.split())}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="runbooks")
def cli() -> None:
    """Executable runbooks for MarineMarket: they check, say what they could not see, and act only on an approved plan.

    Exit codes: 0 PASS or WARN, 1 FAIL, 2 wrong call, 3 UNKNOWN or did not complete, 4 refused or locked.
    """


for command in (
    examine.list_,
    runs.run,
    runs.daily,
    runs.report,
    records.history,
    records.diff,
    examine.doctor,
    examine.drill,
    telling.tell,
    schedule.schedule,
    schedule.tidy,
    sandbox.sandbox,
):
    cli.add_command(command)
