"""nbconvert's part: our template over its base, with escaping switched on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import TemplateExporter

from runbooks.report.record import listed

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

    def page(self, record: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
        """Return the page of a record as it is.

        nbconvert's own way copies the record twice, and its preprocessors drop cells by tag and refuse what a killed run left
        half valid.
        """
        return str(self.template.render(nb=record, resources={"runbooks": parts}))


def export(notebook: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Return the page of `notebook` around the given parts."""
    return _exporter().page({"cells": listed(notebook.get("cells"))}, parts)


@cache
def _exporter() -> RecordExporter:
    """Return the exporter of this process, which compiles the template once; a page leaves nothing in it."""
    return RecordExporter()  # type: ignore[no-untyped-call]
