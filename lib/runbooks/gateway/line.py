"""One TLS line to a public host: opened and read before a deadline, and never more than a budget of bytes."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from runbooks.errors import Unreadable
from runbooks.gateway import threads

HTTPS = 443

Address = tuple[str, int]


class TooLargeError(OSError):
    """The other side sent more than the budget allows."""


class Bounded(io.RawIOBase):
    """The bytes of a socket until a moment (time.monotonic) and up to a number of bytes, however slowly they drip.

    A socket's own timeout begins anew with each byte, so it bounds nothing by itself.
    """

    def __init__(self, line: socket.socket, *, until: float, budget: int) -> None:
        self._line = line
        self._until = until
        self._budget = budget

    def readable(self) -> bool:
        """Return True: this is what it is for."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than any buffer, as BufferedReader calls it
        """Fill `buffer`, or part of it; raises TimeoutError past the deadline and TooLargeError past the budget."""
        if self._budget <= 0:
            raise TooLargeError("more bytes than the budget allows")
        self._line.settimeout(_left(self._until))
        got = self._line.recv_into(memoryview(buffer)[: self._budget])
        self._budget -= got
        return got


@contextmanager
def tls(
    host: str, context: ssl.SSLContext, *, connect_to: Address | None, connect_until: float, until: float
) -> Iterator[ssl.SSLSocket]:
    """Open a TLS connection to `host` on port 443, or to `connect_to` under the name of `host`; raises OSError.

    The name service, which no socket timeout reaches, is asked in a thread of its own.
    """
    raw = _connected(host, connect_to, connect_until)
    try:
        raw.settimeout(_left(until))
        line = context.wrap_socket(raw, server_hostname=host, suppress_ragged_eofs=False)
    except BaseException:
        raw.close()
        raise
    with line:
        yield line


def send(line: socket.socket, data: bytes, *, until: float) -> None:
    """Send all of `data`; raises OSError."""
    line.settimeout(_left(until))
    line.sendall(data)


def trouble(error: Exception, host: str) -> tuple[str, str]:
    """Return the kind of a failure on the way to or from `host`, and one sentence about it."""
    for kinds, kind, sentence in _TROUBLES:
        if isinstance(error, kinds):
            return kind, f"{host} {sentence}" + (f": {_words(error)}" if kind in _DETAILED else "")
    return "refused", f"{host} cannot be reached: {_words(error)}"


_DETAILED = frozenset({"dns", "tls", "protocol"})
_TROUBLES: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((socket.gaierror, Unreadable), "dns", "has no address"),
    ((ConnectionRefusedError,), "refused", "refuses connections"),
    ((TimeoutError,), "timeout", "did not answer in time"),
    ((TooLargeError,), "too large", "sends more than is read of any answer"),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError), "reset", "cut the connection before the answer was complete"),
    ((ssl.SSLCertVerificationError,), "tls", "presents a certificate that clients refuse"),
    ((ssl.SSLError,), "tls", "does not agree on TLS"),
    ((http.client.HTTPException, ValueError), "protocol", "does not speak HTTP as it should"),
)  # fmt: skip


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, Unreadable):
        return error.blind.detail
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]


def _connected(host: str, connect_to: Address | None, until: float) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time, so that one dead address is not the end."""
    addresses = [connect_to] if connect_to else _resolved(host, until)
    last: OSError = TimeoutError()
    for index, address in enumerate(addresses):
        try:
            return socket.create_connection(address, timeout=_left(until) / (len(addresses) - index))
        except OSError as error:
            last = error
    raise last


def _resolved(host: str, until: float) -> list[Address]:
    found = threads.bounded(lambda: socket.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM), until=until, what=f"DNS {host}")
    return [(str(address[0]), HTTPS) for *_, address in found]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
