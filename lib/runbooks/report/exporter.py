"""nbconvert's part: our template over its base, with escaping switched on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

from runbooks.report.record import listed
from runbooks.report.steps import Steps

TEMPLATES = Path(__file__).parents[1] / "templates"


class RecordExporter(TemplateExporter):
    """An exporter to one HTML page.

    It descends from TemplateExporter and not from HTMLExporter, which knows the addresses of three public script hosts and
    parses each finished page a second time.
    """

    output_mimetype = "text/html"
    file_extension = ".html"
    template_name = "report"
    extra_template_basedirs = [str(TEMPLATES)]  # noqa: RUF012 - a trait of nbconvert

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.autoescape = True
        return environment

    def _preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Leave the record as it is: preprocessors drop cells by tag, and refuse what a killed run left half valid."""
        return nb, resources


def export(notebook: NotebookNode, parts: Mapping[str, Any]) -> str:
    """Return the page of `notebook` around the given parts."""
    exporter = _exporter()
    exporter.register_filter("as_step", Steps())  # type: ignore[no-untyped-call]
    record = NotebookNode(cells=listed(notebook.get("cells")), metadata={})  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(record, resources={"runbooks": dict(parts)})
    return str(page)


@cache
def _exporter() -> RecordExporter:
    return RecordExporter()  # type: ignore[no-untyped-call]
