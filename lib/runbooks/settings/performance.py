"""The numbers by which performance is judged. Five of them are the operations document's own; the others are ours, and say why."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from runbooks.model import Frozen

Share = Annotated[float, Field(gt=0, le=1)]
Milliseconds = Annotated[float, Field(gt=0)]


class Probe(Frozen):
    """A polite test from outside: so many GETs of each public address, one after the other, with a pause in seconds."""

    gets: Annotated[int, Field(ge=1, le=20)] = 5
    pause: Annotated[float, Field(ge=0.1, le=5)] = 0.2
    errors: Share = 0.05


class Performance(Frozen):
    """Limits of speed, errors and capacity; shares are of 1.

    A share of errors is only taken for one from `least_errors` errors on. `false_alarms` is how many healthy days in one may raise
    an anomaly, all series together; `unusual` is how many times the usual a value must be besides.
    """

    function_ms: Milliseconds = 1000.0
    api_p95_ms: Milliseconds = 500.0
    errors: Share = 0.01
    capacity: Share = 0.8
    client_errors: Share = 0.25
    least_errors: Annotated[int, Field(ge=1)] = 5
    concurrency: Share = 0.8
    cold_starts: Share = 0.5
    cold_calls_hour: Annotated[float, Field(gt=0)] = 5.0
    false_alarms: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    unusual: Annotated[float, Field(gt=1)] = 1.5
    probe: Probe = Probe()
