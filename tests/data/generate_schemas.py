"""Write the JSON schemas of what crosses a boundary, from the models themselves."""

from __future__ import annotations

import json
from pathlib import Path

from runbooks.model import Frozen, Plan, Verdict
from runbooks.settings import Environment

FOLDER = Path(__file__).parents[2] / "lib" / "runbooks" / "schemas"
MODELS: dict[str, type[Frozen]] = {"verdict": Verdict, "plan": Plan, "environment": Environment}


def schemas() -> dict[Path, str]:
    """Return the text of each schema by its file."""
    return {
        FOLDER / f"{name}.json": json.dumps(model.model_json_schema(mode="validation"), indent=1, sort_keys=True) + "\n"
        for name, model in MODELS.items()
    }


if __name__ == "__main__":
    for path, text in schemas().items():
        path.write_text(text, encoding="utf-8")
