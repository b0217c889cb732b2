"""boto3 clients for one environment: bounded, strict, counted, one session, one client a service."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from runbooks.errors import RefusedError, Unreadable
from runbooks.gateway import threads
from runbooks.gateway.strict import refuse_rubbish
from runbooks.model import Blind, Reason

if TYPE_CHECKING:
    import boto3

    from runbooks.gateway.endpoint import Endpoint
    from runbooks.settings import Environment


class Clients:
    """Make and keep the clients of one environment, and count every request that leaves, retries included."""

    def __init__(self, environment: Environment, endpoint: Endpoint) -> None:
        self.environment = environment
        self.endpoint = endpoint
        self.calls: Counter[str] = Counter()
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._session: boto3.Session | None = None

    def get(self, service: str) -> Any:
        """Return the client of `service`; raises RefusedError when its endpoint is not where this environment is."""
        with self._lock:  # sessions are not thread safe, clients are
            if service not in self._made:
                self._made[service] = self._client(service)
            return self._made[service]

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
        client = self._own_session().client(
            service, region_name=self.environment.region, endpoint_url=self.endpoint.aws or None, config=config
        )
        self._require_place(client.meta.endpoint_url)
        client.meta.events.register("before-send", self._count(service))
        client.meta.events.register("before-parse", refuse_rubbish)
        return client

    def _own_session(self) -> boto3.Session:
        if self._session is None:
            import boto3  # noqa: PLC0415 - heavy; the command line must start without it

            key, secret = self.endpoint.credentials or (None, None)
            self._session = boto3.Session(
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                profile_name=None if key else (self.environment.profile or None),
                region_name=self.environment.region,
            )
        return self._session

    def _require_place(self, url: str) -> None:
        """A sandbox run never leaves this machine, a live run never ends up on it."""
        local = url.startswith("http://127.0.0.1:")
        if local is not bool(self.endpoint.aws):
            raise RefusedError(f"the AWS endpoint {url} does not belong to environment '{self.environment.name}': nothing was read")

    def _count(self, service: str) -> Any:
        def before_send(event_name: str, **_: Any) -> None:
            call = f"{service}:{event_name.rsplit('.', 1)[-1]}"
            if time.monotonic() >= threads.deadline():
                raise Unreadable(Blind(call=call, reason=Reason.DEADLINE, detail="not asked: the time for this check was over"))
            with self._lock:
                self.calls[call] += 1

        return before_send
