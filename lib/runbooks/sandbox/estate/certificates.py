"""The origin certificate in ACM: imported, for the whole domain, valid for fifteen years; nothing renews it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.acm.models import CertBundle

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

DOMAIN = "*.harborlist.com"
YEARS_LEFT = 14


class Imported(CertBundle):
    """A certificate of any dates: it was valid when it was imported, which moto would want it to be now, by the real clock."""

    def validate_certificate(self) -> x509.Certificate:
        """Return the certificate."""
        return x509.load_pem_x509_certificate(self.cert)


def build(account: Account) -> None:
    """Import the certificate, in use by the API's domain."""
    now = account.clock.now()
    put(account, now - timedelta(days=300), now + timedelta(days=365 * YEARS_LEFT))


def put(account: Account, start: datetime, end: datetime, domain: str = DOMAIN) -> None:
    """Import a certificate under the ARN that the API's domain uses, in place of what was there."""
    certificate, key = _pem(domain, start.replace(microsecond=0), end.replace(microsecond=0))
    arn = account.names["certificate_arn"]
    bundle = Imported(account.environment.account, certificate, key, region=account.environment.region, arn=arn)
    bundle.created_at = backends.naive(min(start + timedelta(days=1), account.clock.now()))
    bundle.status = "ISSUED" if end > account.clock.now() else "EXPIRED"
    bundle.in_use_by = [f"arn:aws:apigateway:{account.environment.region}::/domainnames/{account.environment.hosts.api}"]
    backends.of(account, "acm")._certificates[arn] = bundle  # noqa: SLF001 - importing anew would not keep the ARN


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(domain: str, start: datetime, end: datetime) -> tuple[bytes, bytes]:
    """Return a certificate for the domain and its apex, and the key, as PEM; self-signed, as ACM does not ask who signed."""
    apex = domain.removeprefix("*.")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CloudFlare Origin Certificate")])
    key = _key()
    made = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), 0x2F00D, start, end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in dict.fromkeys((domain, apex))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private
