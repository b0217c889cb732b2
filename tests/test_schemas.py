"""The shipped schemas are those of the models, and old verdicts stay readable."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from runbooks import catalogue
from runbooks.drills import step_through
from tests.data.generate_schemas import schemas


@pytest.mark.parametrize(("path", "text"), schemas().items(), ids=lambda value: value.name if isinstance(value, Path) else "")
def test_a_shipped_schema_is_what_the_model_says(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run `make schema`"


@pytest.mark.usefixtures("sandbox")
def test_a_verdict_obeys_its_schema() -> None:
    verdict = step_through(catalogue.find("daily/system-health"), environment="sandbox")
    (schema,) = (json.loads(text) for path, text in schemas().items() if path.name == "verdict.json")
    jsonschema.validate(verdict.model_dump(mode="json"), schema)
