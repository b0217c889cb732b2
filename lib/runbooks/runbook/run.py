"""The Run: the one object a notebook talks to. It reads, judges, shows, remembers and concludes.

What a source cannot read becomes UNKNOWN here, in one place, so that no check can forget it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from runbooks import catalogue, render, settings
from runbooks.catalogue import Runbook
from runbooks.errors import RefusedError, RunbooksError, Unreadable
from runbooks.gateway import Identity, Reader, identify, locate, open_reader
from runbooks.gateway.threads import bounded
from runbooks.journal import Journal
from runbooks.model import Blind, Chart, CheckResult, Outcome, Plan, Reason, Status, Verdict, run_status
from runbooks.redact import Redactor
from runbooks.runbook.conclusions import reason_of, sentence, unplanned, unreadable, with_blind
from runbooks.runbook.context import Context, context, versions
from runbooks.settings import Settings

T = TypeVar("T")
Source = Callable[[Reader, Settings], Sequence[T]]
Check = Callable[[Sequence[T], Settings], CheckResult]
Action = Callable[[Sequence[T], Settings], Plan]


def open_run(name: str, environment: str, *, hours: int = 24) -> Run:
    """Open a run of runbook `name` on `environment`, looking `hours` hours back, and prove that it is the right place.

    Raises CallError for an unknown name or value, RefusedError when account, region or endpoint are another's.
    """
    runbook = catalogue.find(name)
    loaded = settings.load(environment)
    endpoint = locate(loaded)
    now = endpoint.now()
    scope = Settings(loaded, now, settings.window(now, hours=hours), {"environment": environment, "hours": hours})
    about = context(runbook, environment)
    run = Run(runbook, scope, open_reader(loaded, endpoint, fresh=bool(about.incident)), about)  # an incident is about now
    run.prove()
    return run


class Run:
    """One execution of one runbook on one environment."""

    def __init__(self, runbook: Runbook, scope: Settings, reader: Reader, about: Context) -> None:
        self.runbook = runbook
        self.settings = scope
        self.results: dict[str, CheckResult] = {}
        self.plans: dict[str, Plan] = {}
        self.journal = Journal(about.journal)
        self._about = about
        self._reader = reader
        self._reader.until = time.monotonic() + scope.environment.deadlines.run
        self._redactor = Redactor()
        self._unproven: Blind | None = None
        self._styled = False
        self.journal.append("start", run_id=about.run_id, runbook=runbook.name, environment=scope.environment.name)

    def prove(self) -> None:
        """Prove account, region and stack before anything else is read; raises RefusedError for another's."""
        reader = self._scoped()
        try:
            identity = self._bounded(lambda: identify(reader, self.settings.environment), reader, "the identity")
        except RefusedError as error:
            self.journal.append("refused", error=self._redactor.text(str(error)))
            raise
        except Exception as error:  # noqa: BLE001 - it becomes the reason why nothing else is read
            self._unproven = reason_of(error, list(reader.used))
            self._keep(_identity_result(None, self._unproven, self.settings, list(reader.used)))
            return
        self._keep(_identity_result(identity, None, self.settings, list(reader.used)))

    def check(self, source: Source[T], check: Check[T], *, required: bool = True) -> None:
        """Read `source`, judge it by `check`, show and keep the result; what could not be read makes it UNKNOWN."""
        began = time.monotonic()
        reader = self._scoped()
        try:
            result = with_blind(check(self._rows(source, reader), self.settings), reader)
        except RunbooksError as error:
            if not isinstance(error, Unreadable):
                raise
            result = unreadable(check, error.blind)
        except Exception as error:  # noqa: BLE001 - a defect of ours is something we could not see either
            result = unreadable(check, reason_of(error, list(reader.used)))
        seconds = round(time.monotonic() - began, 3)
        about = {"calls": tuple(reader.used), "required": required, "seconds": seconds, "as_of": reader.as_of}
        self._keep(result.model_copy(update=about))

    def read(self, source: Source[T]) -> Sequence[T]:
        """Return the rows of `source`; raises Unreadable when any of them cannot be read."""
        reader = self._scoped()
        rows = self._rows(source, reader)
        if reader.blind:
            raise Unreadable(reader.blind[0])
        return rows

    def chart(self, source: Callable[[Reader, Settings], Chart | Sequence[Chart]]) -> None:
        """Read `source` and show it as a chart, or as several; when it cannot be read, say why in its place."""
        reader = self._scoped()
        try:
            self._require_proven()
            found = self._bounded(lambda: source(reader, self.settings), reader, source.__name__)
        except Exception as error:  # noqa: BLE001 - a chart that cannot be drawn is said, not raised
            blind = reason_of(error, list(reader.used))
            self._keep(
                CheckResult(
                    name=f"chart_{source.__name__}", claim="The chart can be drawn.", status=Status.UNKNOWN,
                    summary=blind.sentence, blind=(blind,), calls=tuple(reader.used), required=False,
                )
            )  # fmt: skip
            return
        for chart in [found] if isinstance(found, Chart) else found:
            self._show(chart)

    def propose(self, source: Source[T], action: Action[T]) -> None:
        """Read `source` and show what `action` would change, with the digest that an approval names; nothing is written.

        A plan that changes something goes into the verdict. One that is made of less than all rows says so as a result.
        """
        reader = self._scoped()
        try:
            plan = action(self._rows(source, reader), self.settings)
        except Exception as error:  # noqa: BLE001 - a plan that cannot be made is said, not raised
            self._keep(unplanned(action, [reason_of(error, list(reader.used))], list(reader.used)))
            return
        if reader.blind:
            self._keep(unplanned(action, reader.blind, list(reader.used)))
        clean = Plan.model_validate(self._redactor.data(plan.model_dump(mode="json")))
        if clean.changes:
            self.plans[action.__name__] = clean
        self.journal.append("plan", name=action.__name__, digest=clean.digest, changes=len(clean.changes), summary=clean.summary)
        self._show(clean)

    def conclude(self) -> None:
        """Conclude: show the verdict, and leave it in the notebook as data."""
        status = run_status(self.results.values())
        self.journal.append("verdict", status=status, summary=sentence(list(self.results.values())))
        self._show(self.verdict())

    def verdict(self) -> Verdict:
        """Return what this run concluded so far."""
        environment, about = self.settings.environment, self._about
        results = tuple(self.results.values())
        status = run_status(results)
        return Verdict(
            run_id=about.run_id, runbook=self.runbook.name, title=self.runbook.title, environment=environment.name,
            account=environment.account, region=environment.region, window=self.settings.window,
            started=about.started, finished=datetime.now(UTC),
            operator=about.operator, reason=about.reason, incident=about.incident,
            outcome=Outcome.COMPLETED, status=status, summary=sentence(results), results=results, plans=tuple(self.plans.values()),
            redactions=self._redactor.count, calls=self._reader.counts(), parameters=dict(self.settings.parameters),
            versions=versions(), escalation=self._due(status), journal_head=self.journal.head,
        )  # fmt: skip

    def _rows(self, source: Source[T], reader: Reader) -> Sequence[T]:
        self._require_proven()
        return self._bounded(lambda: source(reader, self.settings), reader, source.__name__)

    def _bounded(self, work: Callable[[], T], reader: Reader, what: str) -> T:
        return bounded(work, until=reader.until, what=what)

    def _require_proven(self) -> None:
        if self._unproven is not None:
            detail = f"not read, because it is not proven whose account this is ({self._unproven.sentence})"
            raise Unreadable(self._unproven.model_copy(update={"reason": Reason.UNPROVEN, "detail": detail}))

    def _scoped(self) -> Reader:
        return self._reader.scoped(seconds=self.settings.environment.deadlines.check)

    def _keep(self, result: CheckResult) -> None:
        """Redact, remember, write down and show a result; a second one of the same name replaces the first."""
        clean = CheckResult.model_validate(self._redactor.data(result.model_dump(mode="json")))
        self.results[clean.name] = clean
        self.journal.append("check", name=clean.name, status=clean.status, summary=clean.summary, seconds=clean.seconds)
        self._show(clean)

    def _show(self, value: CheckResult | Chart | Verdict | Plan) -> None:
        """Show a value in the cell; the style sheet comes with the first, and holds for all."""
        shown = render.bundle(value, styled=not self._styled)
        self._styled = self._styled or "text/html" in shown
        _publish(shown)

    def _due(self, status: Status) -> str:
        severity = self.settings.environment.severities.get(self.runbook.severity)
        if severity is None or status in (Status.PASS, Status.WARN):
            return ""
        chain = " → ".join(severity.escalation)
        return f"{self.runbook.severity}: respond within {severity.response}; {chain}; talk in {severity.channel}"


def _identity_result(identity: Identity | None, blind: Blind | None, scope: Settings, calls: Sequence[str]) -> CheckResult:
    where = f"account {scope.environment.account}, {scope.environment.region}, stack {scope.environment.stack}"
    unproven = f"not proven, so nothing else was read: {blind.sentence}" if blind else ""
    proven = f"{where}, as {identity.arn}" if identity else unproven
    return CheckResult(
        name="identity_matches",
        claim="These credentials, this region and this stack are the environment's own.",
        status=Status.PASS if identity else Status.UNKNOWN,
        summary=proven,
        expected=where,
        blind=(blind,) if blind else (),
        calls=tuple(calls),
    )


def _publish(bundle: Mapping[str, Any]) -> None:
    """Publish a mime bundle as an output of the cell; print the words where there is no notebook."""
    from IPython import get_ipython  # noqa: PLC0415 - only a notebook needs it
    from IPython.display import display  # noqa: PLC0415

    if get_ipython() is None:
        print(bundle["text/plain"])  # noqa: T201 - a plain Python session has no other place
    else:
        display(dict(bundle), raw=True)  # type: ignore[no-untyped-call]
