"""Faults of certificates: behind the edge in ACM, and at the edge as visitors see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import certificates
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import SECURITY, Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account


def _origin(days_left: float, domain: str = certificates.DOMAIN, *, refused: bool = False) -> Callable[[Account], None]:
    """Return a fault that replaces the origin certificate; Cloudflare checks it and answers 526 where it is bad."""

    def apply(account: Account) -> None:
        now = account.clock.now()
        certificates.put(account, now - timedelta(days=370), now + timedelta(days=days_left), domain)
        if refused:
            account.edge.api = "origin-cert-expired"
            effects.change(
                account, lambda name: name.namespace == "AWS/ApiGateway", now - timedelta(days=max(-days_left, 0)), effects.nothing
            )

    return apply


def _edge(which: str, state: str) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        account.edge.certificates[getattr(account.environment.hosts, which)] = state

    return apply


def _seen(check: str, resource: str, status: str = "FAIL") -> tuple[Finding, ...]:
    """Return what both runbooks that ask about certificates have to say."""
    return Finding(check, resource, status), Finding(check, resource, status, SECURITY)


FAULTS = (
    Fault(
        "origin-certificate-expired",
        "The imported origin certificate expired two days ago",
        _origin(-2, refused=True),
        (*_seen("origin_certificates_valid", "*harborlist.com*"), Finding("endpoints_answer", "*/health")),
        "F21",
    ),
    Fault(
        "origin-certificate-expiring",
        "The imported origin certificate expires in five days",
        _origin(5),
        _seen("origin_certificates_valid", "*harborlist.com*"),
        "F21",
    ),
    Fault(
        "origin-certificate-ageing",
        "The imported origin certificate expires in three weeks",
        _origin(21),
        _seen("origin_certificates_valid", "*harborlist.com*", "WARN"),
        "F21",
    ),
    Fault(
        "edge-certificate-expired",
        "Visitors of the site meet an expired certificate",
        _edge("site", "expired"),
        _seen("certificates_valid", "*harborlist.com"),
        "F22",
    ),
    Fault(
        "edge-certificate-expiring",
        "The API's edge certificate expires in five days",
        _edge("api", "expiring"),
        _seen("certificates_valid", "api*harborlist.com"),
        "F22",
    ),
    Fault(
        "edge-certificate-wrong-host",
        "The API presents a certificate of another host",
        _edge("api", "wrong-host"),
        _seen("certificates_valid", "api*harborlist.com"),
        "F22",
    ),
    Fault(
        "edge-certificate-self-signed",
        "The site presents a self-signed certificate",
        _edge("site", "self-signed"),
        _seen("certificates_valid", "*harborlist.com"),
        "F22",
    ),
    Fault(
        "edge-certificate-not-yet-valid",
        "The API's certificate is valid from tomorrow",
        _edge("api", "not-yet-valid"),
        _seen("certificates_valid", "api*harborlist.com"),
        "F22",
    ),
)
