"""Environment files: TOML in, one frozen and validated `Environment` out.

The files lie in `environments/` beside this module, and in the folder that RUNBOOKS_ENVIRONMENTS names, which wins.
A file takes over what it does not say from the one it `extends`. No file holds a secret.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from runbooks.errors import CallError
from runbooks.model import Acceptance, Fact, Frozen, Window

SHIPPED = Path(__file__).parent / "environments"
MAX_EXTENDS = 5
MOST_HOURS = 360  # CloudWatch keeps points of a minute for 15 days

AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Hosts(Frozen):
    """The public host names."""

    site: str
    api: str


class Expectation(Frozen):
    """One public address, and what a healthy answer to GET looks like."""

    name: str
    url: Annotated[str, Field(pattern=r"^https://")]
    status: int = 200
    contains: str = ""
    json_values: dict[str, Fact] = Field(default_factory=dict, alias="json")
    keys: tuple[str, ...] = ()
    answered_by: str
    cors: bool = False


class FunctionNeeds(Frozen):
    """What a function must have to work: names of variables, MB, seconds."""

    variables: tuple[str, ...] = ()
    memory: int = 128
    timeout: int = 3


class Expected(Frozen):
    """Names that must exist."""

    alarms: tuple[str, ...]
    dashboards: tuple[str, ...]
    tables: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # table -> its indexes
    api: str


class Limits(Frozen):
    """The numbers checks judge by."""

    endpoint_seconds: Seconds = 2.0
    certificate_warn_days: int = 30
    certificate_fail_days: int = 7
    alarm_flaps: Annotated[int, Field(ge=2)] = 6
    settle_minutes: Annotated[int, Field(gt=0)] = 60


class Deadlines(Frozen):
    """Bounds on reading, in seconds; a dripping reply or an endless waiter cannot outlast `check`."""

    connect: Seconds = 3.0
    call: Seconds = 5.0
    check: Seconds = 10.0
    run: Seconds = 240.0
    attempts: Annotated[int, Field(ge=1, le=5)] = 3


class Severity(Frozen):
    """How fast to respond, to whom it escalates in order, and where the talk is."""

    response: str
    escalation: tuple[str, ...]
    channel: str


class Mail(Frozen):
    """The document's mailing lists."""

    on_call: str
    management: str
    engineering: str


class SandboxEstate(Frozen):
    """Marks an environment that is played by the local sandbox; the seed makes its estate reproducible."""

    seed: int


class Environment(Frozen):
    """One environment: where it is, what should be there, what is accepted, who is due."""

    name: str
    title: str
    suffix: str
    suffixes: tuple[str, ...]
    account: AccountId
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    stack: str
    profile: str = ""
    owner: str
    hosts: Hosts
    endpoints: tuple[Expectation, ...]
    functions: dict[str, FunctionNeeds]
    expected: Expected
    limits: Limits = Limits()
    deadlines: Deadlines = Deadlines()
    severities: dict[str, Severity]
    mail: Mail
    accepted: tuple[Acceptance, ...] = ()
    sandbox: SandboxEstate | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a source or a check may know of this run: the environment, the time, the window, the parameters."""

    environment: Environment
    now: datetime
    window: Window
    parameters: Mapping[str, Fact] = field(default_factory=dict)


def window(now: datetime, *, hours: int) -> Window:
    """Return the last `hours` hours before `now`; raises CallError outside 1 to MOST_HOURS."""
    if not 1 <= hours <= MOST_HOURS:
        raise CallError(f"hours is {hours}: choose 1 to {MOST_HOURS}")
    return Window(start=now - timedelta(hours=hours), end=now)


def names() -> list[str]:
    """Return the names of all environments there are, sorted."""
    return sorted(_files())


def load(name: str) -> Environment:
    """Return the environment `name`; raises CallError in one sentence for an unknown name or a bad file."""
    files = _files()
    if name not in files:
        raise CallError(f"unknown environment '{name}': choose one of {', '.join(sorted(files))}")
    path = files[name]
    raw = _merged(name, files)
    raw.pop("extends", None)
    raw["name"] = name
    filled = _filled(raw, _placeholders(raw, path))
    try:
        return Environment.model_validate(filled)
    except ValidationError as error:
        raise CallError(_one_sentence(path, error)) from None


def _files() -> dict[str, Path]:
    folders = [SHIPPED, *([Path(own)] if (own := os.environ.get("RUNBOOKS_ENVIRONMENTS")) else [])]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def _merged(name: str, files: Mapping[str, Path], depth: int = 0) -> dict[str, Any]:
    """Return the file's table laid over the tables it extends: tables merge, everything else replaces."""
    path = files[name]
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallError(f"environment file {path} cannot be read: {error}") from None
    parent = own.get("extends")
    if parent is None:
        return own
    if parent not in files or depth >= MAX_EXTENDS:
        raise CallError(f"environment file {path} extends '{parent}': choose one of {', '.join(sorted(files))}, without a circle")
    return _laid_over(_merged(parent, files, depth + 1), own)


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
    model: type[Frozen] = Environment
    nested: dict[str, type[Frozen]] = {
        "hosts": Hosts, "endpoints": Expectation, "functions": FunctionNeeds, "expected": Expected, "limits": Limits,
        "deadlines": Deadlines, "severities": Severity, "mail": Mail, "accepted": Acceptance, "sandbox": SandboxEstate,
    }  # fmt: skip
    if len(location) > 1:
        model = nested[str(location[0])]
    return sorted(info.alias or name for name, info in model.model_fields.items())


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC; a time without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
