"""What an executed notebook says about its run, and what can still be said when it says little."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from runbooks.model import (
    CHART_MIME,
    RESULT_MIME,
    VERDICT_MIME,
    Chart,
    CheckResult,
    Fact,
    Frozen,
    Outcome,
    Status,
    Verdict,
    Window,
    run_status,
)
from runbooks.render import UNRECORDED, line
from runbooks.settings import utc

Shape = TypeVar("Shape", bound=Frozen)


class Reading:
    """The verdict of a run, and the data that it was read from.

    A run holds its verdict twice and each result three times; what equals data that was read already is not validated again,
    which takes ten times as long.
    """

    def __init__(self, verdict: Verdict, data: object = None) -> None:
        """Keep a verdict, and the data that was validated as it, if there was any."""
        self.verdict = verdict
        self._data = data
        pairs = zip(listed(mapping(data).get("results")), verdict.results, strict=False)
        self._results = {result.name: (raw, result) for raw, result in pairs}

    def as_verdict(self, data: object) -> Verdict | None:
        """Return data as a verdict, or None when it is none."""
        return self.verdict if _same(data, self._data) else read(Verdict, data)

    def as_result(self, data: object) -> CheckResult | None:
        """Return data as a result, or None when it is none."""
        raw, result = self._results.get(str(mapping(data).get("name")), (None, None))
        return result if result and _same(data, raw) else read(CheckResult, data)


def reading(notebook: Mapping[str, Any]) -> Reading:
    """Return the verdict of a run.

    What the runner wrote into the metadata counts first; then the verdict that the last cell published, if no cell broke;
    else the run did not finish, and the verdict is FAIL or UNKNOWN from the results that are there.
    """
    told = mapping(mapping(notebook.get("metadata")).get("runbooks"))
    data = told.get("verdict")
    verdict = read(Verdict, data)
    if verdict is None and not told and not broke(notebook):
        data = next(reversed(_published(notebook, VERDICT_MIME)), None)
        verdict = read(Verdict, data)
    return Reading(verdict, data) if verdict else Reading(_unfinished(notebook, told))


def _same(data: object, other: object) -> bool:
    try:
        return isinstance(data, Mapping) and data == other
    except RecursionError:
        return False


def read(shape: type[Shape], data: object) -> Shape | None:
    """Return `data` as a `shape`, or None when it is not one."""
    if not isinstance(data, Mapping):
        return None
    try:
        return shape.model_validate(data)
    except (ValidationError, RecursionError):
        return None


def broke(notebook: Mapping[str, Any]) -> str:
    """Return the error that ended a cell, in one line; empty when none did."""
    errors = [o for _, o in outputs(notebook) if o.get("output_type") == "error"]
    return line(f"{errors[0].get('ename', '')}: {errors[0].get('evalue', '')}") if errors else ""


def outputs(notebook: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Go through the outputs of all cells, with the cell of each."""
    for cell in listed(notebook.get("cells")):
        for output in listed(cell.get("outputs")):
            yield cell, output


def charts(notebook: Mapping[str, Any]) -> list[Chart]:
    """Return the charts that the cells published, in their order."""
    return [chart for data in _published(notebook, CHART_MIME) if (chart := read(Chart, data))]


def listed(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list; an empty list for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def _published(notebook: Mapping[str, Any], mime: str) -> list[object]:
    return [data[mime] for _, output in outputs(notebook) if mime in (data := mapping(output.get("data")))]


def _unfinished(notebook: Mapping[str, Any], told: Mapping[str, Any]) -> Verdict:
    results = tuple({r.name: r for data in _published(notebook, RESULT_MIME) if (r := read(CheckResult, data))}.values())
    parameters = _parameters(notebook)
    name, started = _text(told, "notebook") or "unknown", _time(told, "started")
    why = _text(told, "error") or broke(notebook) or "the notebook holds no verdict"
    ended = _text(told, "outcome")
    outcome = Outcome(ended) if ended in list(Outcome) and ended != Outcome.COMPLETED else Outcome.FAILED
    return Verdict(
        run_id=_text(told, "run_id") or "unknown", runbook=name, title=name.rpartition("/")[2].replace("-", " ").capitalize(),
        environment=line(parameters.get("environment") or "unknown"), account="unknown", region="unknown",
        window=Window(start=UNRECORDED, end=UNRECORDED), started=started, finished=_time(told, "finished", started),
        operator="unknown", outcome=outcome, status=Status.FAIL if run_status(results) is Status.FAIL else Status.UNKNOWN,
        summary=f"did not finish: {why}", results=results, parameters=parameters,
    )  # fmt: skip


def _parameters(notebook: Mapping[str, Any]) -> dict[str, Fact]:
    """Return what papermill wrote down as the parameters of the run."""
    given = mapping(mapping(mapping(notebook.get("metadata")).get("papermill")).get("parameters"))
    return {line(k): v if isinstance(v, int | float) else line(v) for k, v in given.items()}


def _text(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    return line(value) if isinstance(value, str) else ""


def _time(told: Mapping[str, Any], key: str, otherwise: datetime = UNRECORDED) -> datetime:
    try:
        return utc(datetime.fromisoformat(re.sub(r"Z$", "+00:00", _text(told, key))))
    except (ValueError, OverflowError):
        return otherwise
