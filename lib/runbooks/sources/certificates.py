"""Certificates: what a client sees at each public host, and the origin certificates that ACM holds."""

from __future__ import annotations

from runbooks.estate import CertificateState
from runbooks.gateway import Reader
from runbooks.settings import Settings, utc

KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


def presented(reader: Reader, settings: Settings) -> list[CertificateState]:
    """Return the certificate that each public host presents to a client (TLS handshake with the host's name)."""
    hosts = [settings.environment.hosts.site, settings.environment.hosts.api]
    return reader.map(lambda host: _presented(reader, host), hosts)


def origin(reader: Reader, _: Settings) -> list[CertificateState]:
    """Return the certificates in ACM, behind the edge, which no client ever sees (ListCertificates, DescribeCertificate)."""
    rows = reader.listing("acm", "ListCertificates", "CertificateSummaryList", shared=True, Includes={"keyTypes": KEY_TYPES})
    return reader.map(lambda row: _origin(reader, row["CertificateArn"]), rows, name=lambda row: str(row["DomainName"]))


def _presented(reader: Reader, host: str) -> CertificateState:
    seen = reader.certificate(host)
    return CertificateState(name=host, issuer=seen.issuer, not_after=seen.not_after, problem=seen.problem)


def _origin(reader: Reader, arn: str) -> CertificateState:
    row = reader.read("acm", "DescribeCertificate", shared=True, CertificateArn=arn)["Certificate"]
    return CertificateState(
        name=row["DomainName"],
        issuer=row.get("Issuer", ""),  # absent while a certificate is being issued
        not_after=utc(row["NotAfter"]),
        imported=row["Type"] == "IMPORTED",
        in_use=bool(row["InUseBy"]),
    )
