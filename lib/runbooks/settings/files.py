"""Environment files: TOML in, one `Environment` out.

The files lie in `environments/` of this package, and in the folder that RUNBOOKS_ENVIRONMENTS names, which wins.
A file takes over what it does not say from the one it `extends`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from runbooks.errors import CallError
from runbooks.settings.environment import Environment

SHIPPED = Path(__file__).parents[1] / "environments"
MAX_EXTENDS = 5


def names() -> list[str]:
    """Return the names of all environments there are, sorted."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.toml")})


def load(name: str) -> Environment:
    """Return the environment `name`; raises CallError in one sentence for an unknown name or a bad file."""
    path = _file(name)
    if path is None:
        raise CallError(f"unknown environment '{name}': choose one of {', '.join(names())}")
    raw = _merged(path)
    raw.pop("extends", None)
    raw["name"] = name
    filled = _filled(raw, _placeholders(raw, path))
    try:
        return Environment.model_validate(filled)
    except ValidationError as error:
        raise CallError(_one_sentence(path, error)) from None


def _folders() -> list[Path]:
    return [*([Path(own)] if (own := os.environ.get("RUNBOOKS_ENVIRONMENTS")) else []), SHIPPED]


def _file(name: str) -> Path | None:
    """Return the file of an environment, looked for by name: a fleet has thousands, and listing them for each takes its square."""
    if Path(name).name != name:
        return None
    return next((path for folder in _folders() if (path := folder / f"{name}.toml").is_file()), None)


def _merged(path: Path, depth: int = 0) -> dict[str, Any]:
    """Return the file's table laid over the tables it extends: tables merge, everything else replaces."""
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallError(f"environment file {path} cannot be read: {error}") from None
    parent = own.get("extends")
    if parent is None:
        return own
    below = _file(str(parent))
    if below is None or depth >= MAX_EXTENDS:
        raise CallError(f"environment file {path} extends '{parent}': choose one of {', '.join(names())}, without a circle")
    return _laid_over(_merged(below, depth + 1), own)


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _placeholders(raw: Mapping[str, Any], path: Path) -> dict[str, str]:
    hosts = raw.get("hosts")
    if not isinstance(hosts, dict) or not isinstance(raw.get("suffix"), str):
        raise CallError(f"environment file {path} lacks `suffix` or the table [hosts]: see production.toml for both")
    return {"{suffix}": raw["suffix"], "{site}": str(hosts.get("site", "")), "{api}": str(hosts.get("api", ""))}


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(word, text)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, words) for inner in value]
    return value


def _one_sentence(path: Path, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"environment file {path}: unknown key '{where}'; the known ones are {', '.join(_known(first['loc']))}"
    return f"environment file {path}: {where} is {first.get('input')!r}: {first['msg']}"


def _known(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are allowed where the unknown one stood."""
    model: type[BaseModel] = Environment
    for part in location[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _inner(model.model_fields[part].annotation) or model
    return sorted(info.alias or name for name, info in model.model_fields.items())


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Return the model in an annotation such as `tuple[Expectation, ...]` or `Sandbox | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _inner(inner)) is not None), None)
