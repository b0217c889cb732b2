"""A host's certificate in words, and why a client would refuse it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_EXPIRED, _NOT_YET, _SELF_SIGNED, _WRONG_HOST = 10, 9, 18, 62  # X509_V_ERR_*, see OpenSSL's X509_STORE_CTX_get_error


@dataclass(frozen=True, slots=True)
class HostCertificate:
    """The certificate a host presents.

    `problem` says why a client refuses it, and is empty where none does: expired, not yet valid, self-signed, wrong host or
    untrusted, with the fact.
    """

    host: str
    subject: str
    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    serial: str
    problem: str


def described(host: str, der: bytes, refusal: ssl.SSLCertVerificationError | None) -> HostCertificate:
    """Return the certificate in words, with the refusal a client gave it if any; raises ValueError for bytes that are none."""
    from cryptography import x509  # noqa: PLC0415 - a tenth of a second, which only a look at a certificate pays

    seen = x509.load_der_x509_certificate(der)
    try:
        names = tuple(seen.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        names = ()
    return HostCertificate(
        host=host,
        subject=seen.subject.rfc4514_string(),
        names=names,
        issuer=seen.issuer.rfc4514_string(),
        not_before=seen.not_valid_before_utc,
        not_after=seen.not_valid_after_utc,
        serial=f"{seen.serial_number:x}",
        problem=_refused(refusal, seen, names) if refusal else "",
    )


def _refused(refusal: ssl.SSLCertVerificationError, seen: x509.Certificate, names: tuple[str, ...]) -> str:
    return {
        _EXPIRED: f"expired on {seen.not_valid_after_utc:%Y-%m-%d}",
        _NOT_YET: f"not yet valid: it begins on {seen.not_valid_before_utc:%Y-%m-%d}",
        _SELF_SIGNED: "self-signed",
        _WRONG_HOST: f"wrong host: it is for {', '.join(names) or 'no host at all'}",
    }.get(refusal.verify_code, f"untrusted: {refusal.verify_message}")
