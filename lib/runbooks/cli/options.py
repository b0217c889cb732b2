"""What several commands take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runbooks import catalogue
from runbooks.errors import CallError

if TYPE_CHECKING:
    from runbooks.batch import Fleet

SANDBOXES = ("sandbox", "sandbox-staging", "sandbox-dev")
S3 = "s3://"
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class How:
    """How a batch is to be run, in the words of the command line."""

    out: str
    jobs: int | None
    executor: str
    scheduler: str
    shared_out: bool
    engine: str
    as_json: bool

    @property
    def folder(self) -> Path:
        """The folder of the records; not used where they go to S3."""
        return Path(self.out) if self.out and not self.address else catalogue.reports_folder()

    @property
    def address(self) -> str:
        """The address of the records in S3; empty where they go to a folder."""
        return self.out if self.out.startswith(S3) else ""

    def fleet(self) -> Fleet | None:
        """Return the fleet to run on, None for this machine; raises CallError for options that do not go together."""
        if self.executor == "local":
            if self.scheduler or self.shared_out:
                raise CallError("--scheduler and --shared-out are about a fleet: add --executor dask, or leave them out")
            return None
        if not self.scheduler:
            raise CallError("--executor dask needs --scheduler ADDRESS, as tcp://10.0.0.1:8786")
        from runbooks.batch import Fleet

        return Fleet(self.scheduler, self.shared_out)


_BATCH = (
    click.option("--out", default="", metavar="DIR|S3", help="where the records go: a folder, or s3://bucket/prefix"),
    click.option(
        "--jobs", type=click.IntRange(1, 64), default=None, metavar="N",
        help="how many at a time; without it 4 a core, at most 8, as far as the free memory goes (130 MB each), at least 2",
    ),
    click.option("--executor", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="where they run"),
    click.option("--scheduler", default="", metavar="ADDRESS", help="of the dask scheduler, as tcp://10.0.0.1:8786"),
    click.option("--shared-out", is_flag=True, help="the folder of --out is the same one on every worker"),
    click.option(
        "--engine", type=click.Choice(["warm", "nbclient"]), default="warm", show_default=True,
        help="what executes the notebook: a process forked from a warm one, or a plain kernel",
    ),
    click.option("--json", "as_json", is_flag=True, help="print the verdicts as JSON, and nothing else"),
)  # fmt: skip


def environments(command: Command) -> Command:
    """Add the option that chooses environments."""
    option = click.option("-e", "--environment", "chosen", multiple=True, metavar="ENV", help="environment; may be given again")
    return option(command)


def batched(command: Command) -> Command:
    """Add the options of a batch, the fields of `How`."""
    for option in reversed(_BATCH):
        command = option(command)
    return command
