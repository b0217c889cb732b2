"""The AWS CLI in an environment of its own under .bench/: it pins a botocore that the runbooks do not want."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runbooks import settings
from tests.benchmarks.sheet import tell

HOME = Path(__file__).parents[2] / ".bench" / "aws"
ABSENT = "the AWS CLI could not be installed"


def installed() -> Path | None:
    """Return the `aws` command, installed on first use; None where no package registry can be reached."""
    command = HOME / "bin" / "aws"
    if not command.exists():
        tell("installing the AWS CLI into .bench/aws, once")
        steps = (
            [sys.executable, "-m", "venv", str(HOME)],
            [str(HOME / "bin" / "python"), "-m", "pip", "install", "-q", "awscli>=1.40,<2"],
        )
        if any(subprocess.run(step, check=False, capture_output=True).returncode for step in steps):
            return None
    return command if command.exists() else None


def run(command: Path, state: Mapping[str, Any], environment: str, lines: Sequence[Sequence[str]]) -> float:
    """Run the lines one after another on what `state` describes, and return the seconds; raises SystemExit when one fails."""
    loaded = settings.load(environment)
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_")
    } | {
        "AWS_ACCESS_KEY_ID": f"sandbox-{loaded.account}", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_ENDPOINT_URL": str(state["aws"]),
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": "", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    began = time.monotonic()
    for line in lines:
        made = subprocess.run([str(command), *line, "--region", loaded.region], env=surroundings, check=False, capture_output=True)
        if made.returncode:
            raise SystemExit(f"aws {' '.join(line)} ended with {made.returncode}: {made.stderr.decode().strip()[-300:]}")
    return time.monotonic() - began
