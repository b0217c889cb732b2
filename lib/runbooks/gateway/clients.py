"""boto3's clients for one environment: bounded, strict, counted, within AWS's rates; one session, one client a service.

Service models are parsed once for a process, whatever the number of environments: all sessions share one loader, and what
`preload` parsed before a fork is there after it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from runbooks.errors import RefusedError, Unreadable
from runbooks.gateway import rates, threads
from runbooks.gateway.strict import refuse_rubbish
from runbooks.model import Blind, Reason

if TYPE_CHECKING:
    from botocore.session import Session

    from runbooks.gateway.endpoint import Endpoint
    from runbooks.settings import Environment

# what the daily runbooks ask
SERVICES = (
    "sts", "cloudformation", "lambda", "apigateway", "cloudwatch", "acm", "sns", "dynamodb", "logs", "backup", "s3", "ec2",
    "secretsmanager",
)  # fmt: skip
_NOWHERE = "http://127.0.0.1:9"


class Clients:
    """Make and keep the clients of one environment, and count every request that leaves, retries included."""

    def __init__(self, environment: Environment, endpoint: Endpoint) -> None:
        self.environment = environment
        self.endpoint = endpoint
        self.calls: Counter[str] = Counter()
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._rates = rates.shared(f"{environment.account}-{environment.region}") if endpoint.limited else None

    def get(self, service: str) -> Any:
        """Return the client of `service`; raises RefusedError when its endpoint is not where this environment is."""
        with self._lock:  # sessions are not thread safe, clients are
            if service not in self._made:
                self._made[service] = self._client(service)
            return self._made[service]

    def tokens(self, service: str, operation: str) -> tuple[str, ...]:
        """Return the keys of a page that say where the next one begins; raises ValueError for an operation without pages."""
        with self._lock:
            model = self._own_session().get_paginator_model(service)
        found = model.get_paginator(operation)["output_token"]
        return (found,) if isinstance(found, str) else tuple(found)

    def _client(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - heavy; the command line must start without it

        limits = self.environment.deadlines
        config = Config(
            connect_timeout=limits.connect,
            read_timeout=limits.call,
            retries={"mode": "standard", "total_max_attempts": limits.attempts},
            max_pool_connections=threads.WIDTH,
            tcp_keepalive=True,
            ignore_configured_endpoint_urls=True,
        )
        client = self._own_session().create_client(
            service, region_name=self.environment.region, endpoint_url=self.endpoint.aws or None, config=config
        )
        self._require_place(client.meta.endpoint_url)
        events, name = client.meta.events, client.meta.service_model.service_id.hyphenize()
        events.register_first(f"request-created.{name}", self._wait_for_turn(service))  # before it is signed with the time
        events.register("before-send", self._count(service))
        events.register("before-parse", refuse_rubbish)
        return client

    def _own_session(self) -> Session:
        if self._session is None:
            self._session = _session()
            if self.endpoint.credentials:
                self._session.set_credentials(*self.endpoint.credentials)
            elif self.environment.profile:
                self._session.set_config_variable("profile", self.environment.profile)
        return self._session

    def _require_place(self, url: str) -> None:
        """A sandbox run never leaves this machine, a live run never ends up on it."""
        local = url.startswith("http://127.0.0.1:")
        if local is not bool(self.endpoint.aws):
            raise RefusedError(f"the AWS endpoint {url} does not belong to environment '{self.environment.name}': nothing was read")

    def _wait_for_turn(self, service: str) -> Any:
        def request_created(operation_name: str, **_: Any) -> None:
            if self._rates is not None:
                self._rates.take(service, operation_name)

        return request_created

    def _count(self, service: str) -> Any:
        def before_send(event_name: str, **_: Any) -> None:
            call = f"{service}:{event_name.rsplit('.', 1)[-1]}"
            if time.monotonic() >= threads.deadline():
                raise Unreadable(Blind(call=call, reason=Reason.DEADLINE, detail="not asked: the time for this check was over"))
            with self._lock:
                self.calls[call] += 1

        return before_send


def preload(services: Iterable[str] = SERVICES) -> None:
    """Parse what clients of `services` need, for this process and all that are forked from it.

    Makes no connection and no thread, and asks for no credentials: the clients it makes have made-up ones and are thrown away.
    """
    import botocore.paginate  # noqa: PLC0415 - heavy; only the warm process preloads
    import botocore.retries.standard  # noqa: PLC0415, F401 - imported by the first client otherwise
    from botocore.config import Config  # noqa: PLC0415

    session = _session()
    session.set_credentials("nobody", "nothing")
    config = Config(retries={"mode": "standard"}, ignore_configured_endpoint_urls=True)
    for service in services:
        session.create_client(service, region_name="us-east-1", endpoint_url=_NOWHERE, config=config).close()
        session.get_paginator_model(service)


def _session() -> Session:
    """Return a session of its own configuration and credentials that shares the parsed models with all others."""
    import botocore.session  # noqa: PLC0415 - heavy; the command line must start without it

    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    from botocore.loaders import create_loader  # noqa: PLC0415 - heavy; the command line must start without it

    return create_loader()
