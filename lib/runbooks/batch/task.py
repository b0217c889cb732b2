"""One run as data: with all that another process needs to do it, also one that shares no folder with this machine."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from runbooks import settings
from runbooks.errors import RefusedError
from runbooks.execute import Request
from runbooks.gateway import local


@dataclass(frozen=True, slots=True)
class Played:
    """How to reach the sandbox: what its state file says, and the certificate of the authority it trusts."""

    state: str
    authority: str


@dataclass(frozen=True, slots=True)
class Task:
    """One run that is asked for.

    Attributes:
        request: What is asked for; the paths in it mean nothing elsewhere, unless they lie in a folder that is shared.
        notebook: The notebook itself.
        environments: The text of the environment's file and of those that it extends, by name.
        out: Where the records go: a folder, or an s3:// address.
        whole: Whether the result is to hold the verdict.
        sandbox: How to reach the sandbox, for an environment that it plays.
    """

    request: Request
    notebook: bytes = field(repr=False)
    environments: Mapping[str, str] = field(repr=False)
    out: str
    whole: bool
    sandbox: Played | None = field(default=None, repr=False)

    def unpack(self, folder: Path) -> Request:
        """Write the inputs into a private folder, and return the request that runs on them."""
        notebook = folder / "notebooks" / f"{self.request.runbook}.ipynb"
        notebook.parent.mkdir(parents=True)
        notebook.write_bytes(self.notebook)
        environments = folder / "environments"
        environments.mkdir()
        for name, text in self.environments.items():
            (environments / f"{name}.toml").write_text(text, encoding="utf-8")
        inputs = {"RUNBOOKS_NOTEBOOKS": str(folder / "notebooks"), "RUNBOOKS_ENVIRONMENTS": str(environments)}
        if self.sandbox:
            inputs[local.VARIABLE] = str(_reachable(self.sandbox, folder))
        return replace(self.request, notebook=notebook, out=Path(self.out), variables={**self.request.variables, **inputs})


def packer(out: str, *, whole: bool) -> Callable[[Request], Task]:
    """Return what makes a task of a request; notebooks and environment files are read once, a sandbox is started at need."""
    notebook, files, played = cache(Path.read_bytes), cache(environment_files), cache(_played)

    def pack(request: Request) -> Task:
        texts = files(request.environment)
        sandbox = played() if any("sandbox" in tomllib.loads(text) for text in texts.values()) else None
        return Task(request, notebook(request.notebook), texts, out or str(request.out), whole, sandbox)

    return pack


def environment_files(name: str) -> dict[str, str]:
    """Return the text of an environment's file and of each file that it extends, by name, as `settings.load` finds them."""
    own = os.environ.get("RUNBOOKS_ENVIRONMENTS")
    folders = [*([Path(own)] if own else []), settings.SHIPPED]
    texts: dict[str, str] = {}
    while name and name not in texts:
        path = next(found for folder in folders if (found := folder / f"{name}.toml").exists())
        texts[name] = path.read_text(encoding="utf-8")
        name = tomllib.loads(texts[name]).get("extends", "")
    return texts


def _played() -> Played:
    """Return how to reach the sandbox, which is started here when none is up."""
    state = local.read_state(local.running())
    if state is None:
        raise RefusedError("the sandbox went away while the batch began: run it again")
    return Played(json.dumps(state), Path(state["ca"]).read_text(encoding="utf-8"))


def _reachable(sandbox: Played, folder: Path) -> Path:
    authority, state = folder / "sandbox-ca.pem", folder / "sandbox.json"
    authority.write_text(sandbox.authority, encoding="utf-8")
    state.write_text(json.dumps(json.loads(sandbox.state) | {"ca": str(authority)}), encoding="utf-8")
    return state
