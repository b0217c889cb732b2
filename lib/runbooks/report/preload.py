"""Whatever a process needs once before its first page, done before children are forked from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from runbooks.model import Blind, Chart, CheckResult, Evidence, Outcome, Reason, Series, Status, Verdict, Window
from runbooks.render import bundle
from runbooks.report.page import build

AT = datetime(2026, 1, 1, tzinfo=UTC)
PROSE = "# Title\n\nWords in **bold**, `code`, a [link](https://example.com).\n\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


def preload() -> None:
    """Make this process ready, so that it and children forked from it render at once.

    Publishes and renders one small run in memory: that imports nbconvert and matplotlib's SVG writer (not pyplot, and nothing
    that hooks into IPython), compiles the template, builds the style sheets, and finds the fonts. No thread is left behind,
    if numpy is imported with OPENBLAS_NUM_THREADS=1.
    """
    before = set(threading.enumerate())
    build(json.loads(json.dumps(_record())))
    for thread in set(threading.enumerate()) - before:
        thread.join()  # while it lists the fonts, the first time on a machine, matplotlib has one that it has cancelled by now


def _record() -> Mapping[str, Any]:
    """Return a run of one check and one chart."""
    evidence = (Evidence(resource="r", status=Status.FAIL, summary="s", facts={"a": 1, "b": 0.5, "c": None, "d": True}),)
    blind = (Blind(call="a:B", reason=Reason.DENIED, detail="d", resource="r", statement={"Action": ["a:B"], "Resource": ["r"]}),)
    result = CheckResult(name="n", claim="c", status=Status.FAIL, summary="s", expected="e", evidence=evidence, blind=blind)
    hours = tuple((AT + timedelta(hours=n), float(n)) for n in range(24))
    chart = Chart(title="t", unit="ms", words="w", series=(Series(label="l", points=hours),), limit=1)
    verdict = Verdict(
        run_id="r", runbook="a/b", title="t", environment="e", account="a", region="r", window=Window(start=AT, end=AT), started=AT,
        finished=AT, operator="o", outcome=Outcome.COMPLETED, status=Status.FAIL, summary="s", results=(result,), calls={"a:B": 1},
        parameters={"p": 1}, versions={"v": "1"},
    )  # fmt: skip
    shown = [{"output_type": "display_data", "data": bundle(value)} for value in (result, chart, verdict)]
    printed = {"output_type": "stream", "name": "stdout", "text": "x\n"}
    code = {"cell_type": "code", "source": "x", "metadata": {}, "outputs": [*shown, printed]}
    cells = [{"cell_type": "markdown", "source": PROSE, "metadata": {}}, code]
    return {"cells": cells, "metadata": {"runbooks": {"verdict": verdict.model_dump(mode="json")}}}
