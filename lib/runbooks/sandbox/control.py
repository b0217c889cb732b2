"""The control API on the AWS port under /_sandbox/: status, fault rules, faults, the clock, the request counter."""

from __future__ import annotations

import json
from datetime import timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from runbooks.sandbox import rules
from runbooks.sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.server import Sandbox

PREFIX = "/_sandbox/"
BAD, FORBIDDEN, MISSING = 400, 403, 404


class ControlError(Exception):
    """A call of the control API that cannot be done: one sentence with the way out."""

    def __init__(self, message: str, status: int = BAD) -> None:
        super().__init__(message)
        self.status = status


def answer(sandbox: Sandbox, environ: Mapping[str, Any], body: bytes) -> Response:
    """Answer one call of the control API; without the right token nothing is said but 403."""
    given = environ.get("HTTP_X_SANDBOX_TOKEN", "")
    if not sandbox.token or not compare_digest(given.encode(), sandbox.token.encode()):
        return _json({"error": "the header X-Sandbox-Token is not the token of the state file"}, FORBIDDEN)
    asked = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(PREFIX)}"
    if asked not in ROUTES:
        return _json({"error": f"no such control call: {asked}; there are {', '.join(ROUTES)}"}, MISSING)
    try:
        return _json(ROUTES[asked](sandbox, _object(body)))
    except ControlError as error:
        return _json({"error": str(error)}, error.status)


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ControlError(f"the body is a JSON {type(given).__name__}: send an object")
    return given


def _status(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    accounts = sandbox.accounts.values()
    now = next(iter(accounts)).clock.now() if accounts else None
    return {
        "now": now.isoformat() if now else None,
        "environments": {
            each.environment.name: {
                "account": each.environment.account,
                "broken": dict(each.broken),
                "ready": sandbox.readiness.is_ready(each),
            }
            for each in accounts
        },
        "requests": dict(sandbox.requests),
    }


def _rules(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    return {"rules": sandbox.rules.listed()}


def _add_rule(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    try:
        sandbox.rules.add(rules.rule(given))
    except ValueError as error:
        raise ControlError(str(error)) from None
    return _rules(sandbox, {})


def _clear_rules(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.rules.clear()
    return _rules(sandbox, {})


def _break(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    from runbooks.sandbox import faults  # noqa: PLC0415 - the catalogue is large, and most sandboxes never break

    account, name = _account(sandbox, given.get("environment")), given.get("fault")
    if name not in faults.CATALOGUE:
        raise ControlError(f"unknown fault '{name}': choose one of {', '.join(sorted(faults.CATALOGUE))}", MISSING)
    sandbox.readiness.renew(account, lambda each: faults.break_(each, name))
    return {"environment": account.environment.name, "broken": dict(account.broken)}


def _mend(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    from runbooks.sandbox import faults  # noqa: PLC0415 - as above

    chosen = [_account(sandbox, given["environment"])] if "environment" in given else list(sandbox.accounts.values())
    for account in chosen:
        if sandbox.readiness.is_ready(account):
            sandbox.readiness.renew(account, faults.mend)
    return {"mended": [account.environment.name for account in chosen]}


def _clock(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    seconds = given.get("advance")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise ControlError(f"advance is {seconds!r}: give a number of seconds")
    since = {account: each.clock.now() for account, each in sandbox.accounts.items()}
    for clock in {id(each.clock): each.clock for each in sandbox.accounts.values()}.values():
        clock.advance(timedelta(seconds=seconds))
    for account, each in sandbox.accounts.items():
        if sandbox.pass_time is not None and sandbox.readiness.is_ready(each):
            sandbox.pass_time(each, since[account])
    return {"now": _status(sandbox, {})["now"]}


def _clear_requests(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.requests.clear()
    return {"requests": {}}


def _account(sandbox: Sandbox, name: object) -> Account:
    known = {each.environment.name: each for each in sandbox.accounts.values()}
    if not isinstance(name, str) or name not in known:
        raise ControlError(f"unknown environment '{name}': choose one of {', '.join(sorted(known))}", MISSING)
    return known[name]


def _json(value: Mapping[str, Any], status: int = 200) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


ROUTES: dict[str, Callable[[Sandbox, dict[str, Any]], dict[str, Any]]] = {
    "GET status": _status,
    "GET rules": _rules,
    "POST rules": _add_rule,
    "DELETE rules": _clear_rules,
    "POST break": _break,
    "POST mend": _mend,
    "POST clock": _clock,
    "DELETE requests": _clear_requests,
}
