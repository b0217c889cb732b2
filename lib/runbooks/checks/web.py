"""Does the platform answer as it should from outside, and are its certificates good: what a visitor meets."""

from __future__ import annotations

import json
from collections.abc import Sequence

from runbooks.checks.judgement import judge
from runbooks.estate import CertificateState, EndpointAnswer
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Settings

CLOUDFLARE = "troubleshooting/cloudflare-cdn"


def endpoints_answer(answers: Sequence[EndpointAnswer], settings: Settings) -> CheckResult:
    """Every public address answers: the right status, the right body, from the right place, in time."""
    return judge(
        endpoints_answer, answers, [_endpoint(answer, settings) for answer in answers], settings,
        good=f"{len(answers)} addresses answer, the slowest in {max((a.seconds for a in answers), default=0):.2f} s",
        expected=f"the status and body of the environment file within {settings.environment.limits.endpoint_seconds:g} s",
    )  # fmt: skip


def _endpoint(answer: EndpointAnswer, settings: Settings) -> Evidence | None:
    limit = settings.environment.limits.endpoint_seconds
    facts: dict[str, Fact] = {
        "what": answer.name, "status": answer.status, "answered by": answer.answered_by or "nobody",
        "seconds": round(answer.seconds, 3), "ray": answer.ray,
    }  # fmt: skip
    if wrong := what_is_wrong(answer):
        return Evidence(resource=answer.url, status=Status.FAIL, summary=wrong, facts=facts)
    if answer.seconds > limit:
        return Evidence(
            resource=answer.url, status=Status.WARN, summary=f"took {answer.seconds:.1f} s, limit {limit:g} s", facts=facts
        )
    return None


def what_is_wrong(answer: EndpointAnswer) -> str:
    """Say what is wrong with an answer, beside how long it took; nothing where status, body and origin are as wanted."""
    wrong = answer.problem or _wrong_status(answer) or _wrong_body(answer) or _wrong_origin(answer)
    if wrong:
        by = f", said the {answer.answered_by}" if answer.answered_by and not answer.problem else ""
        return wrong + by
    if answer.answered_by != answer.wanted.answered_by:
        return f"the {answer.answered_by or 'wrong place'} answered, not the {answer.wanted.answered_by}"
    return ""


def _wrong_status(answer: EndpointAnswer) -> str:
    if answer.status == answer.wanted.status:
        return ""
    return f"status {answer.status}, expected {answer.wanted.status}{_told(answer.body)}"


def _wrong_body(answer: EndpointAnswer) -> str:
    wanted = answer.wanted
    if wanted.contains and wanted.contains not in answer.body:
        return f"the page does not contain {wanted.contains!r}"
    if not (wanted.values or wanted.keys):
        return ""
    found = _object(answer.body)
    if found is None:
        return "the body is not a JSON object"
    missing = [key for key in wanted.keys if key not in found]
    if missing:
        return f"the body lacks {', '.join(missing)}"
    differing = [
        f"{key} is {str(found.get(key))[:60]!r}, expected {value!r}" for key, value in wanted.values if found.get(key) != value
    ]
    return "; ".join(differing)


def _wrong_origin(answer: EndpointAnswer) -> str:
    if not answer.wanted.reader or answer.allow_origin in {"*", answer.wanted.reader}:
        return ""
    allowed = answer.allow_origin or "absent"
    return f"a browser on {answer.wanted.reader} may not read it: Access-Control-Allow-Origin is {allowed}"


def _told(body: str) -> str:
    """Quote what an error body says: the gateway's message, or the application's code."""
    found = _object(body) or {}
    error = found.get("error")
    message = error.get("code") if isinstance(error, dict) else found.get("message")
    return f" ({str(message)[:100]})" if message else ""


def _object(body: str) -> dict[str, object] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def certificates_valid(certificates: Sequence[CertificateState], settings: Settings) -> CheckResult:
    """Every public host presents a certificate that clients accept, and it lasts."""
    return judge(
        certificates_valid, certificates, [_certificate(c, settings, renew=CLOUDFLARE) for c in certificates], settings,
        good=_lasting(certificates, settings), expected=_expected(settings), next_step=CLOUDFLARE,
    )  # fmt: skip


def origin_certificates_valid(certificates: Sequence[CertificateState], settings: Settings) -> CheckResult:
    """Every certificate behind the edge is valid, and it lasts; imported ones are never renewed by AWS."""
    used = [certificate for certificate in certificates if certificate.in_use]
    return judge(
        origin_certificates_valid, used, [_certificate(c, settings, renew="") for c in used], settings,
        good=_lasting(used, settings), expected=_expected(settings), next_step=CLOUDFLARE,
    )  # fmt: skip


def _certificate(certificate: CertificateState, settings: Settings, *, renew: str) -> Evidence | None:
    limits = settings.environment.limits
    days = (certificate.not_after - settings.now).total_seconds() / 86400
    facts: dict[str, Fact] = {
        "issuer": certificate.issuer,
        "not after": certificate.not_after.isoformat(),
        "days left": int(days // 1),
    }
    by_hand = "; it is imported, so nobody renews it but you" if certificate.imported and not renew else ""
    if certificate.problem:
        return Evidence(
            resource=certificate.name, status=Status.FAIL, summary=f"clients refuse it: {certificate.problem}", facts=facts
        )
    if days < 0:
        return Evidence(
            resource=certificate.name, status=Status.FAIL, summary=f"expired {-days:.0f} days ago{by_hand}", facts=facts
        )
    if days < limits.certificate_warn_days:
        fail = days < limits.certificate_fail_days
        limit = limits.certificate_fail_days if fail else limits.certificate_warn_days
        status = Status.FAIL if fail else Status.WARN
        return Evidence(
            resource=certificate.name, status=status, summary=f"expires in {days:.0f} days, limit {limit}{by_hand}", facts=facts
        )
    return None


def _lasting(certificates: Sequence[CertificateState], settings: Settings) -> str:
    first = min(certificates, key=lambda c: c.not_after, default=None)
    if first is None:
        return "no certificate"
    return f"{len(certificates)} valid, the first to expire in {(first.not_after - settings.now).days} days ({first.name})"


def _expected(settings: Settings) -> str:
    return f"accepted by clients, more than {settings.environment.limits.certificate_warn_days} days left"
