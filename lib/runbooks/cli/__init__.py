"""The command line."""

from runbooks.cli.main import main

__all__ = ["main"]
