"""The last net before a notebook is kept: what a cell printed, showed or raised by itself.

Results, charts and verdicts were redacted when they were made; anything else that is in a cell's outputs was not.
"""

from __future__ import annotations

from typing import Any

from runbooks.model import CHART_MIME, RESULT_MIME, VERDICT_MIME
from runbooks.redact import Redactor

_CLEAN = {RESULT_MIME, CHART_MIME, VERDICT_MIME}


def redact(notebook: dict[str, Any], redactor: Redactor) -> None:
    """Redact the outputs that are not ours, and the values that were injected as parameters."""
    for cell in notebook["cells"]:
        if "injected-parameters" in (cell["metadata"].get("tags") or ()):
            cell["source"] = redactor.text("".join(cell["source"]))
        if cell["cell_type"] == "code":
            cell["outputs"] = [_output(output, redactor) for output in cell["outputs"]]
    about = notebook["metadata"].get("papermill")
    if isinstance(about, dict) and "parameters" in about:
        about["parameters"] = redactor.data(about["parameters"])


def _output(output: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    data = output.get("data")
    if isinstance(data, dict) and _CLEAN & data.keys():
        return output
    if isinstance(data, dict):
        shown = {mime: value if mime.startswith("image/p") else redactor.data(value) for mime, value in data.items()}
        return output | {"data": shown}
    words = ("text", "evalue", "traceback")
    return output | {word: redactor.data(output[word]) for word in words if word in output}
