"""The REST API: the platform's routes as API Gateway and its functions answer them, and the ways in which they fail.

A state of the whole API comes from Cloudflare, before the gateway; a fault of one route from the gateway or the function.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from runbooks.sandbox import endpoints, site
from runbooks.sandbox.exchange import CORS, Reply, Request, application, cloudflare_error, gateway, page
from runbooks.sandbox.exchange import gateway_ids as ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runbooks.sandbox.accounts import Account

T = TypeVar("T")

STATES = ("up", "slow", "refused", "timeout", "origin-cert-expired")
ELSEWHERE = "https://localhost:3000"
PREFLIGHT = (*CORS, ("Access-Control-Max-Age", "86400"), ("Access-Control-Allow-Credentials", "false"))

ROUTES: tuple[tuple[str, Callable[[Account, Request], Reply]], ...] = (
    ("GET /health", endpoints.health),
    ("GET /listings", endpoints.listings),
    ("GET /listings/{id}", endpoints.listing),
    ("POST /search", endpoints.search),
    ("GET /stats/platform", endpoints.statistics),
    ("POST /auth/login", endpoints.login),
    ("POST /auth/admin/login", endpoints.login),
    ("POST /auth/register", endpoints.register),
    ("POST /auth/refresh", endpoints.unauthorized),
    ("POST /auth/logout", endpoints.unauthorized),
    ("POST /listings", endpoints.unauthorized),
    ("PUT /listings/{id}", endpoints.unauthorized),
    ("DELETE /listings/{id}", endpoints.unauthorized),
    ("POST /media", endpoints.unauthorized),
    ("POST /email", endpoints.unauthorized),
    ("GET /admin", endpoints.unauthorized),
    ("POST /admin", endpoints.unauthorized),
    ("PUT /admin", endpoints.unauthorized),
    ("DELETE /admin", endpoints.unauthorized),
    ("ANY /admin/{proxy+}", endpoints.unauthorized),
)

_FAULTS: dict[str, Callable[[], Reply]] = {
    "missing": lambda: gateway(403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "crash": lambda: gateway(502, "Internal server error", "InternalServerErrorException"),
    "timeout": lambda: gateway(504, "Endpoint request timed out", "InternalServerErrorException"),
    "throttled": lambda: gateway(429, "Too Many Requests", "TooManyRequestsException"),
    "forbidden": lambda: gateway(403, "Forbidden", "ForbiddenException"),
    "database-error": endpoints.database_error,
    "unhealthy-body": lambda: application({"status": "unhealthy", "service": "auth-service"}),
    "html": lambda: page(site.INDEX),
}
_SPOILT: dict[str, Callable[[Reply], Reply]] = {
    "no-cors": lambda reply: replace(reply, headers=_without_cors(reply)),
    "wrong-cors": lambda reply: replace(
        reply, headers=(*_without_cors(reply), ("Access-Control-Allow-Origin", ELSEWHERE), *CORS[1:])
    ),
    "slow": lambda reply: replace(reply, manner="slow"),
    "truncated": lambda reply: replace(reply, manner="cut"),
}
FAULTS = (*_FAULTS, *_SPOILT)


def answer(account: Account, request: Request) -> Reply:
    """Return what a visitor of the API gets.

    Raises ValueError for an unknown state or fault; besides the named states, a Cloudflare status ("525") plays that error.
    """
    match account.edge.api:
        case "up":
            return _routed(account, request)
        case "slow":
            return replace(_routed(account, request), manner="slow")
        case "timeout":
            return Reply(504, manner="never")
        case "origin-cert-expired":
            return cloudflare_error(526, request)
        case other:
            return cloudflare_error(site.played_status(other, STATES), request)


def _routed(account: Account, request: Request) -> Reply:
    """Return the gateway's answer: of the route's fault, of its own mock, of the function, or that there is no such route."""
    fault = _first(account.edge.routes.items(), request)
    if fault in _FAULTS:
        return _FAULTS[fault]()
    if fault is not None and fault not in _SPOILT:
        raise ValueError(f"unknown fault '{fault}': choose one of {', '.join(FAULTS)}")
    reply = _served(account, request)
    return reply if fault is None else _SPOILT[fault](reply)


def _served(account: Account, request: Request) -> Reply:
    if request.method == "OPTIONS" and any(_matches(route.split(" ", 1)[1], request.path) for route, _ in ROUTES):
        return Reply(204, headers=(*ids(), *PREFLIGHT))
    function = _first(ROUTES, request)
    return _FAULTS["missing"]() if function is None else function(account, request)


def _first(routes: Iterable[tuple[str, T]], request: Request) -> T | None:
    """Return what belongs to the request's route: the exact one, else the first template or shell pattern that fits."""
    line = f"{request.method} {request.path}"
    known = dict(routes)
    if line in known:
        return known[line]
    return next((each for route, each in known.items() if _matches(route.replace("ANY ", "* ", 1), line)), None)


def _matches(template: str, line: str) -> bool:
    """Return whether a template fits: {id} stands for one part of a path, {proxy+} and * for any number of them."""
    deeper = line.count("/") != template.count("/") and "{proxy+}" not in template and "*" not in template
    return not deeper and fnmatchcase(line, re.sub(r"\{[^}]*\}", "?*", template))


def _without_cors(reply: Reply) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in reply.headers if not each[0].startswith("Access-Control-"))
