"""The certificates of the web edge: an authority of its own, and one certificate per host in whatever state is played."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("good", "expired", "expiring", "wrong-host", "self-signed", "not-yet-valid")
AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox Edge Authority")])
LIFE = timedelta(days=90)  # as the certificates that Cloudflare puts on its edge
AGE = timedelta(days=30)
EXPIRING = timedelta(days=5)


class Authority:
    """Issues the edge's certificates; `ca` is the PEM that a client has to trust, and no private key stays on disk.

    `folder` must be private to this user.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._root()
        self._contexts: dict[tuple[str, str, int], ssl.SSLContext] = {}
        self.ca = folder / "ca.pem"
        self.ca.touch(mode=0o600)
        self.ca.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def context(self, host: str, kind: str, now: datetime) -> ssl.SSLContext:
        """Return a server's TLS context for `host` with a certificate of that kind at the sandbox's time `now`.

        The contexts are kept for a day of that time. Raises ValueError for an unknown kind.
        """
        key = (host, kind, now.toordinal())
        if key not in self._contexts:  # two threads at once make two of the same: harmless
            self._contexts[key] = self._made(host, kind, now)
        return self._contexts[key]

    def _made(self, host: str, kind: str, now: datetime) -> ssl.SSLContext:
        leaf = self._leaf(_Wanted.of(host, kind, now), self_signed=kind == "self-signed")
        key = self._leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0  # a resumed session would not show a certificate that has changed since
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pem") as file:  # the ssl module reads files only
            file.write(leaf.public_bytes(Encoding.PEM) + key)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _root(self) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(AUTHORITY)
            .issuer_name(AUTHORITY)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=365))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, SHA256())
        )

    def _leaf(self, wanted: _Wanted, *, self_signed: bool) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.host)])
        signer = self._leaf_key if self_signed else self._key
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else AUTHORITY)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(wanted.begins)
            .not_valid_after(wanted.ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(wanted.host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._leaf_key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, SHA256())
        )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a certificate is to say."""

    host: str
    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, host: str, kind: str, now: datetime) -> _Wanted:
        """Return the name and times for a kind; raises ValueError for an unknown one.

        A client judges by the real time and a check by the sandbox's: "good", "expired" and "not-yet-valid" hold for both.
        "expiring" is five days by the sandbox's time, so a sandbox that lives in the past shows it as expired.
        """
        early, late = sorted((now, datetime.now(UTC)))
        match kind:
            case "good" | "self-signed":
                return cls(host, early - AGE, late - AGE + LIFE)
            case "wrong-host":
                return cls("parked.example.net", early - AGE, late - AGE + LIFE)
            case "expired":
                return cls(host, early - LIFE, early - timedelta(days=2))
            case "expiring":
                return cls(host, now + EXPIRING - LIFE, now + EXPIRING)
            case "not-yet-valid":
                return cls(host, late + timedelta(days=2), late + LIFE)
            case _:
                raise ValueError(f"unknown kind of certificate '{kind}': choose one of {', '.join(KINDS)}")


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
