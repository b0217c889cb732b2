"""The public addresses, as a visitor gets them."""

from __future__ import annotations

from runbooks.estate import EndpointAnswer, Wanted
from runbooks.gateway import Reader
from runbooks.settings import Expectation, Settings


def endpoints(reader: Reader, settings: Settings) -> list[EndpointAnswer]:
    """Return the answers of all public addresses of the environment file (GET, no redirects followed)."""
    origin = f"https://{settings.environment.hosts.site}"
    return reader.map(
        lambda expected: endpoint(reader, expected, origin), settings.environment.endpoints, name=lambda expected: expected.url
    )


def endpoint(reader: Reader, expected: Expectation, origin: str) -> EndpointAnswer:
    """Return the answer of one public address to one GET, as a page of `origin` would ask."""
    wanted = Wanted(
        status=expected.status,
        contains=expected.contains,
        values=tuple(expected.json_values.items()),
        keys=expected.keys,
        answered_by=expected.answered_by,
        reader=origin if expected.cors else "",
    )
    answer = reader.get(expected.url, origin=wanted.reader)
    return EndpointAnswer(
        name=expected.name,
        url=expected.url,
        wanted=wanted,
        status=answer.status,
        body=answer.body,
        allow_origin=answer.headers.get("access-control-allow-origin", ""),
        seconds=answer.seconds,
        answered_by=answer.answered_by,
        problem=answer.problem,
        ray=answer.headers.get("cf-ray", ""),
    )
