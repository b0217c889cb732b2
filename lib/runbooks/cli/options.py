"""What several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

SANDBOXES = ("sandbox", "sandbox-staging", "sandbox-dev")
Command = TypeVar("Command", bound=Callable[..., Any])


def environments(command: Command) -> Command:
    """Add the option that chooses environments."""
    option = click.option("-e", "--environment", "chosen", multiple=True, metavar="ENV", help="environment; may be given again")
    return option(command)
