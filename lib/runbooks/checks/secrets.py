"""Are the secrets young, read by those who should, and held nowhere else; judged by what AWS tells about them, never by a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from runbooks.checks.judgement import judge
from runbooks.checks.logins import INCIDENT
from runbooks.estate import FunctionSecrets, SecretState
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Settings


def secrets_kept(secrets: Sequence[SecretState], settings: Settings) -> CheckResult:
    """No secret is on its way to be deleted."""
    evidence = [
        Evidence(
            resource=secret.name, status=Status.FAIL, facts=_facts(secret),
            summary=f"will be gone on {secret.deletion:%Y-%m-%d}, and can be read by nobody since it was marked: restore it",
        )
        for secret in secrets
        if secret.deletion
    ]  # fmt: skip
    return judge(
        secrets_kept, secrets, evidence, settings, good=f"{len(secrets)} secrets, none marked for deletion",
        expected="no date of deletion", next_step=INCIDENT,
    )  # fmt: skip


def secrets_young(secrets: Sequence[SecretState], settings: Settings) -> CheckResult:
    """Every secret was changed lately enough."""
    limits = settings.environment.security.secrets
    return judge(
        secrets_young, secrets, [_old(secret, settings) for secret in secrets], settings,
        good=f"{len(secrets)} secrets, the oldest {max((_days(secret, settings) for secret in secrets), default=0)} days old",
        expected=f"changed within {limits.warn_days} days", next_step="maintenance/security-scan",
    )  # fmt: skip


def secrets_consumed(secrets: Sequence[SecretState], settings: Settings) -> CheckResult:
    """Every secret is read by somebody: one that nobody reads protects nothing, and rotating it changes nothing."""
    evidence = [
        Evidence(
            resource=secret.name if secret.consumers else f"{secret.name}, named by no function",
            status=Status.FAIL,
            summary=_unread(secret),
            facts=_facts(secret),
        )
        for secret in secrets
        if secret.read is None or not secret.consumers
    ]
    return judge(
        secrets_consumed, secrets, evidence, settings, good=f"{len(secrets)} secrets are named by a function and were read",
        expected="a function that names it, and a day on which it was read", next_step="maintenance/security-scan",
    )  # fmt: skip


def rotations_arrive(secrets: Sequence[SecretState], settings: Settings) -> CheckResult:
    """A secret that was changed lately has been read since, so that the change is in force."""
    limit = timedelta(days=settings.environment.security.secrets.reached_days)
    evidence = [
        Evidence(
            resource=secret.name, status=Status.FAIL, facts=_facts(secret),
            summary=f"changed {secret.changed:%Y-%m-%d %H:%M} UTC and not read since: what was signed with the old one stays valid",
        )
        for secret in secrets
        if settings.now - secret.changed < limit and (secret.read is None or secret.read.date() < secret.changed.date())
    ]  # fmt: skip
    return judge(
        rotations_arrive, secrets, evidence, settings, good=f"no secret was changed within {limit.days} days and left unread",
        expected="a read on the day of the change or after it", next_step=INCIDENT,
    )  # fmt: skip


def no_literal_secrets(functions: Sequence[FunctionSecrets], settings: Settings) -> CheckResult:
    """No function holds a secret literally among its variables, where everybody who may look at it reads it."""
    evidence = [
        Evidence(
            resource=f"{function.logical}/{name}", status=Status.FAIL, summary="is a secret in plain sight, not the ARN of one"
        )
        for function in functions
        for name in function.literal
    ]
    return judge(
        no_literal_secrets, functions, evidence, settings, good=f"{len(functions)} functions hold no secret literally",
        expected="the ARN of a secret, read when the function starts", next_step="maintenance/security-scan",
    )  # fmt: skip


def _old(secret: SecretState, settings: Settings) -> Evidence | None:
    limits, days = settings.environment.security.secrets, _days(secret, settings)
    if days < limits.warn_days:
        return None
    status, limit = (Status.FAIL, limits.fail_days) if days >= limits.fail_days else (Status.WARN, limits.warn_days)
    rotates = "" if secret.rotates else "; nothing rotates it but you"
    return Evidence(
        resource=secret.name, status=status, summary=f"last changed {days} days ago, limit {limit}{rotates}", facts=_facts(secret)
    )


def _days(secret: SecretState, settings: Settings) -> int:
    return (settings.now - secret.changed).days


def _unread(secret: SecretState) -> str:
    if not secret.consumers:
        return "no function names it, so none can read it: a variable was lost, or it is a secret of nobody"
    return f"nobody has ever read it, though {len(secret.consumers)} functions name it: what they sign with is not this"


def _facts(secret: SecretState) -> dict[str, Fact]:
    return {
        "changed": f"{secret.changed:%Y-%m-%d}", "last read": f"{secret.read:%Y-%m-%d}" if secret.read else "never",
        "rotation": "on" if secret.rotates else "off", "named by": ", ".join(secret.consumers) or "no function",
    }  # fmt: skip
