"""Which runs a batch consists of; whatever is wrong with one of them is said before the first begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runbooks import execute, settings
from runbooks.catalogue import Runbook
from runbooks.errors import CallError
from runbooks.execute import Request, requested

SPREAD = 64  # environments that are worked on in turn


@dataclass(frozen=True, slots=True)
class About:
    """What all runs of a batch have in common; `engine` is empty for the warm one, or "nbclient" for a plain kernel."""

    reports: Path
    incident: str = ""
    reason: str = ""
    approve: str = ""
    engine: str = ""


def plan(
    runbooks: Sequence[Runbook], environments: Sequence[str], parameters: Sequence[tuple[str, str]], about: About
) -> list[Request]:
    """Return one request for each runbook on each environment; raises CallError, before anything runs, if one of them cannot."""
    if any(name == "environment" for name, _ in parameters):
        raise CallError("the environment is not a parameter here: say it with -e")
    loaded = [settings.load(name) for name in dict.fromkeys(environments)]
    patterns = [_pattern(runbook, loaded[0].name, parameters, about) for runbook in runbooks if loaded]
    sources = {each.runbook: requested.source(each.notebook) for each in patterns}
    planned = [
        replace(pattern, environment=environment.name, deadline=environment.deadlines.run)
        for environment in loaded
        for pattern in patterns
    ]
    for each in planned:
        requested.values(each, sources[each.runbook])  # a notebook is parsed once, however many environments there are
    return planned


def _pattern(runbook: Runbook, environment: str, parameters: Sequence[tuple[str, str]], about: About) -> Request:
    made = execute.request(
        runbook, environment, parameters=parameters, out=about.reports, incident=about.incident, reason=about.reason,
        approve=about.approve,
    )  # fmt: skip
    return replace(made, engine=about.engine) if about.engine else made


def spread(environments: Sequence[str]) -> list[int]:
    """Return in which order to begin runs, by their places in the plan; `environments` has the environment of each.

    The runs of one environment would stand in a queue for the rates of its account, so those of others come between. Of so many
    others that what its runs share is read again before the last of them would be wasteful; so it goes by blocks.
    """
    blocks: dict[str, int] = {}
    before: Counter[str] = Counter()
    order = []
    for number, environment in enumerate(environments):
        block = blocks.setdefault(environment, len(blocks) // SPREAD)
        order.append((block, before[environment], number))
        before[environment] += 1
    return [number for _, _, number in sorted(order)]
