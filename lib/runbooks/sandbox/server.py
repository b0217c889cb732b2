"""The AWS side of the sandbox: a WSGI application around moto that counts, plays faults, fills gaps and repairs answers."""

from __future__ import annotations

import io
import logging
import os
import time
from collections import Counter
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from runbooks.sandbox import control, fidelity, listener, refusals, stubs, wire
from runbooks.sandbox.handlers import Passed, answered, chained
from runbooks.sandbox.readiness import Readiness
from runbooks.sandbox.refusals import Refusal
from runbooks.sandbox.rules import Rule, Rules, emptied
from runbooks.sandbox.wire import Call, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from wsgiref.types import StartResponse

    from runbooks.sandbox.accounts import Account

    PassTime = Callable[[Account, datetime], None] | None

HTML = (("Content-Type", "text/html; charset=utf-8"),)
PAGE = b"<!doctype html><html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>"
GAP = (("x-sandbox-gap", "1"),)
GAP_STATUS = 500
ERRORS_FROM = 300

log = logging.getLogger(__name__)


class Sandbox:
    """The WSGI application; see `build`."""

    def __init__(self, accounts: Sequence[Account], readiness: Readiness, token: str, pass_time: PassTime) -> None:
        self.accounts = {each.environment.account: each for each in accounts}
        self.readiness = readiness
        self.token = token
        self.pass_time = pass_time
        self.rules = Rules()
        self.requests: Counter[str] = Counter()
        self._lock = Lock()
        self._loading = Lock()
        self._loaded: set[str] = set()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._handlers = chained((*stubs.STUBS, *stubs.OVERRIDES, *fidelity.REPAIRS, *stubs.BENEATH))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ.get("PATH_INFO", "").startswith(control.PREFIX):
            return _sent(control.answer(self, environ, body), start_response)
        call = wire.read(environ, body)
        if call is None:
            return _sent(_unsigned(), start_response)
        if call.account not in self.accounts:
            return _sent(wire.refused(call, refusals.unknown_key(call)), start_response)
        account = self.accounts[call.account]
        self.readiness.ensure(account)
        with self._lock:
            self.requests[f"{call.service}:{call.operation}"] += 1
        rule = self.rules.hit(call)
        response = self._played(rule, account, call) if rule else self._answered_once_loaded(account, call)
        if rule and rule.drip:
            return _dripping(response, start_response)
        return _sent(response, start_response, head=call.method == "HEAD")

    def _played(self, rule: Rule, account: Account, call: Call) -> Response:
        """Return the answer as the rule spoils it."""
        if refusal := rule.refusal(call):
            return wire.refused(call, refusal)
        if rule.drop:
            listener.drop(call.environ)
        if rule.blank:
            return Response(200, (("Content-Type", "application/json"),), b"")
        if rule.html:
            return Response(200, HTML, PAGE)
        time.sleep(rule.delay)
        response = self._answered(account, call)
        if rule.truncate:
            return replace(response, body=response.body[: len(response.body) // 2])
        if rule.empty and response.status < ERRORS_FROM:
            return wire.written(call, emptied(wire.parsed(call, response)))
        return response

    def _answered_once_loaded(self, account: Account, call: Call) -> Response:
        """Answer alone the first time a service is asked: that loads its models, and eight threads would each load them."""
        if call.service in self._loaded:
            return self._answered(account, call)
        with self._loading:
            response = self._answered(account, call)
            self._loaded.add(call.service)
            return response

    def _answered(self, account: Account, call: Call) -> Response:
        """Return moto's answer, inside the handlers of the operation where there are any."""
        chain = self._handlers.get((call.service, call.operation))
        if not chain:
            return self._asked(call)

        def ask() -> dict[str, Any]:
            response = self._asked(call)
            if response.status >= ERRORS_FROM:
                raise Passed(response)
            return wire.parsed(call, response)

        try:
            return wire.written(call, answered(chain, account, call, ask))
        except Refusal as refusal:
            return wire.refused(call, refusal)
        except Passed as passed:
            return passed.response
        except Exception:
            log.exception("the sandbox fails at %s:%s", call.service, call.operation)
            return _gap(call)

    def _asked(self, call: Call) -> Response:
        """Return moto's own answer; where moto lacks the operation, its HTML page with the header x-sandbox-gap."""
        environ = {**call.environ, "wsgi.input": io.BytesIO(call.body), "HTTP_X_MOTO_ACCOUNT_ID": call.account}
        try:
            chunks, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except NotImplementedError as error:
            log.warning("moto lacks %s:%s (%s)", call.service, call.operation, error)
            return _gap(call)
        except Exception:
            log.exception("moto has no answer to %s:%s", call.service, call.operation)
            return _gap(call)
        body = b"".join(chunks)
        response = Response(int(status.split(" ", 1)[0]), tuple(headers), body)
        if _is_gap(call, response):
            return replace(response, headers=(*response.headers, *GAP))
        return wire.typed(call, response)


def build(
    accounts: Sequence[Account],
    *,
    ensure_ready: Callable[[Account], None] | None = None,
    pass_time: PassTime = None,
    token: str = "",
) -> Sandbox:
    """Return the WSGI application that plays AWS for these accounts.

    `ensure_ready` seeds an account before its first request, once. `pass_time` gets a seeded account and the time it was
    before the clock was advanced. `token` opens the control API, which is shut without one.
    """
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    os.environ.pop("MOTO_ACCOUNT_ID", None)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    fidelity.install()
    return Sandbox(accounts, Readiness(ensure_ready), token, pass_time)


def _gap(call: Call) -> Response:
    """Return what moto's own server says when it has no answer, made recognisable."""
    page = f"<!doctype html><title>500</title><h1>Internal Server Error</h1>{call.service}:{call.operation}"
    return Response(GAP_STATUS, (*HTML, *GAP), page.encode())


def _is_gap(call: Call, response: Response) -> bool:
    """Return whether moto's answer is a web page or nothing instead of an AWS error."""
    if call.method == "HEAD" or response.status < 400:  # noqa: PLR2004 - where HTTP's errors begin
        return False
    return not response.body or response.body[:20].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _unsigned() -> Response:
    body = b'{"__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token"}'
    headers = (("Content-Type", "application/json"), ("x-amzn-errortype", "MissingAuthenticationTokenException"))
    return Response(403, headers, body)


def _sent(response: Response, start_response: StartResponse, *, head: bool = False) -> Iterable[bytes]:
    _started(response, start_response, keep_length=head)
    return [b"" if head else response.body]


def _started(response: Response, start_response: StartResponse, *, keep_length: bool = False) -> None:
    headers = [(key, value) for key, value in response.headers if keep_length or key.lower() != "content-length"]
    if not keep_length:
        headers.append(("Content-Length", str(len(response.body))))
    start_response(f"{response.status} {'OK' if response.status < ERRORS_FROM else 'Error'}", headers)


def _dripping(response: Response, start_response: StartResponse) -> Iterator[bytes]:
    """Send the body a byte a second, so that no read ever times out."""
    _started(response, start_response)
    for index in range(len(response.body)):
        yield response.body[index : index + 1]
        time.sleep(1)
