"""What is asked for: one notebook, one environment, checked values, and who asks why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.catalogue import Runbook, reports_folder
from runbooks.errors import CallError
from runbooks.execute import parameters as given
from runbooks.execute.parameters import Plain

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}(/[a-z0-9][a-z0-9-]{0,60})*")
DEADLINE = 900.0
ENGINE = "runbooks"  # papermill's entry point for a forked kernel
PLAIN = "nbclient"  # papermill's own engine, which starts a kernel


@dataclass(frozen=True, slots=True)
class Request:
    """One run that is asked for; times in seconds.

    Attributes:
        notebook: The notebook to execute; it is read once, at the start.
        runbook: Its name, as in "daily/system-health"; the last part names the files.
        parameters: Values by name, or pairs as a command line gives them, then still text.
        approve: The digest of the plan that may be applied; empty for none.
        out: The folder of all records.
        deadline: The time the whole run may take, start of the kernel included.
        kernel: The name of a kernel specification; empty for the notebook's own.
        engine: The name of a papermill engine (entry point `papermill.engine`).
        variables: Environment variables for the kernel, over those of this process.
    """

    notebook: Path
    runbook: str
    environment: str
    parameters: Mapping[str, object] | Iterable[tuple[str, object]] = ()
    incident: str = ""
    reason: str = ""
    approve: str = ""
    operator: str = ""
    out: Path = field(default_factory=reports_folder)
    deadline: float = DEADLINE
    kernel: str = ""
    engine: str = ENGINE
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The last part of the runbook's name, which names the files."""
        return self.runbook.rsplit("/", 1)[-1]


def request(  # noqa: PLR0913 - each is one word of the command line
    runbook: Runbook,
    environment: str,
    *,
    parameters: Iterable[tuple[str, object]] = (),
    out: Path | None = None,
    incident: str = "",
    reason: str = "",
    approve: str = "",
    operator: str = "",
    deadline: float = DEADLINE,
    engine: str = ENGINE,
    variables: Mapping[str, str] | None = None,
) -> Request:
    """Return the request for a runbook of the catalogue; raises CallError, before anything runs, for one that cannot be run."""
    made = Request(
        notebook=runbook.path,
        runbook=runbook.name,
        environment=environment,
        parameters=tuple(parameters),
        incident=incident,
        reason=reason,
        approve=approve,
        operator=operator or _operator(),
        out=out or reports_folder(),
        deadline=deadline,
        engine=engine,
        variables=variables or {},
    )
    values(made, source(made.notebook))
    return made


def source(path: Path) -> dict[str, Any]:
    """Return a notebook as it is before a run, without outputs; raises CallError when it is none (nbformat 4)."""
    try:
        notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
        if notebook["nbformat"] != 4:  # noqa: PLR2004 - the major format of today
            raise CallError(f"the notebook {path} has format {notebook['nbformat']}: convert it to format 4")
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
            cell["metadata"].pop("papermill", None)
        for word in ("papermill", "runbooks"):
            notebook["metadata"].pop(word, None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CallError(f"the notebook {path} cannot be read ({type(error).__name__}: {error}): name a notebook") from None
    return dict(notebook)


def values(asked: Request, notebook: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the values to inject; raises CallError for any word of the request that the notebook cannot take."""
    if not _NAME.fullmatch(asked.runbook) or not _NAME.fullmatch(asked.environment) or "/" in asked.environment:
        raise CallError(
            f"runbook {asked.runbook!a} or environment {asked.environment!a} is not a name of a-z, 0-9 and '-': correct it"
        )
    if not 0 < asked.deadline < 7 * 86400:
        raise CallError(f"the deadline is {asked.deadline} s: choose more than 0 s and less than a week")
    said = {word: given.plain_text(word, getattr(asked, word)) for word in ("incident", "reason", "approve", "operator")}
    declared = given.declared(notebook)
    names = {parameter.name for parameter in declared}
    pairs = list(asked.parameters.items() if isinstance(asked.parameters, Mapping) else asked.parameters)
    pairs += _implied(asked, said, names, dict(pairs))
    return given.checked(declared, pairs)


def _implied(asked: Request, said: Mapping[str, str], names: set[str], pairs: Mapping[str, object]) -> list[tuple[str, object]]:
    """Return the words of the request that the notebook takes as parameters, unless they are among the pairs already."""
    words = {"environment": asked.environment, **{word: text for word, text in said.items() if text and word != "operator"}}
    for word, text in words.items():
        if word in pairs and pairs[word] != text:
            raise CallError(f"{word} is asked for as {text!r} and given as parameter {pairs[word]!r}: say it once")
        if word in ("environment", "approve") and word not in names:
            raise CallError(
                f"'{asked.runbook}' declares no parameter '{word}', so {text!r} would be ignored: leave it out or declare it"
            )
    return [(word, text) for word, text in words.items() if word in names and word not in pairs]


def _operator() -> str:
    """Return the name of whoever runs this, as the machine knows them."""
    import getpass  # noqa: PLC0415
    import os  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return f"uid {os.getuid()}"
