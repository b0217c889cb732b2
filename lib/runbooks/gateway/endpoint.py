"""Where an environment is: AWS and the public web, or the sandbox on this machine. Never one for the other.

A sandboxed environment needs a running sandbox: the one that RUNBOOKS_SANDBOX names, else the one that `runbooks sandbox up` left
running, else one that is started here and ends with this process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runbooks.errors import RefusedError
from runbooks.gateway import local
from runbooks.settings import Environment


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach an environment; all empty for the live platform. One that is not `limited` may be asked without pause."""

    aws: str = ""
    credentials: tuple[str, str] | None = None
    web: str = ""
    authorities: Path | None = None
    skew: timedelta = timedelta()
    limited: bool = True

    def now(self) -> datetime:
        """Return the time there, in UTC."""
        return datetime.now(UTC) + self.skew


def locate(environment: Environment) -> Endpoint:
    """Return where `environment` is; raises RefusedError when the surroundings point somewhere else."""
    return _live(environment) if environment.sandbox is None else _sandbox(environment)


def _live(environment: Environment) -> Endpoint:
    strays = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") or name == local.VARIABLE)
    if strays:
        raise RefusedError(
            f"environment '{environment.name}' is live, but {', '.join(strays)} would send its calls elsewhere: "
            "unset it, or choose a sandbox environment"
        )
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        region = os.environ.get(name, environment.region)
        if region != environment.region:
            raise RefusedError(
                f"{name} is {region}, environment '{environment.name}' is in {environment.region}: unset it or correct the file"
            )
    return Endpoint()


def _sandbox(environment: Environment) -> Endpoint:
    state = local.read_state(local.running())
    if state is None:
        raise RefusedError(f"the sandbox for environment '{environment.name}' went away: run it again")
    return _from_state(environment, state)


def _from_state(environment: Environment, state: Mapping[str, Any]) -> Endpoint:
    account = state.get("accounts", {}).get(environment.name)
    missing = [key for key in ("aws", "edge", "ca", "token") if not state.get(key)]
    if missing or account != environment.account or not str(state["aws"]).startswith("http://127.0.0.1:"):
        raise RefusedError(
            f"the sandbox does not play environment '{environment.name}' with account {environment.account}: "
            "run `runbooks sandbox down`, then again"
        )
    there = datetime.fromisoformat(local.ask(state, "status")["now"])
    return Endpoint(
        aws=state["aws"],
        credentials=(f"sandbox-{account}", "not-a-secret"),
        web=state["edge"],
        authorities=Path(state["ca"]),
        skew=there - datetime.now(UTC),
        limited=state.get("limited", True) is not False,  # a sandbox may say that it has no rate limits
    )
