"""How runbooks look at the web: which addresses are allowed, and what becomes of every answer a hostile or broken host can give."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from runbooks.errors import CallError, Unreadable
from runbooks.gateway import threads
from runbooks.gateway.web import MAX_BODY, Web, WebAnswer
from runbooks.model import Reason
from runbooks.sandbox.certificates import Authority

HOST = "api.harborlist.com"
SITE = "harborlist.com"
URL = f"https://{HOST}/health"
METADATA = "169.254.169.254"
CHUNK = b"x" * 65536

Script = Callable[[ssl.SSLSocket], None]


@dataclass
class Host:
    """A host on loopback that does as it is told with each visitor, after a proper TLS handshake."""

    authority: Authority
    script: Script = lambda _: None
    requests: list[bytes] = field(default_factory=list)
    kind: str = "good"

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ending = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def says(self, answer: bytes) -> None:
        """Answer every request with these bytes, then end the connection properly."""

        def script(line: ssl.SSLSocket) -> None:
            line.sendall(answer)
            with suppress(OSError):
                line.unwrap()

        self.script = script

    def wait(self, seconds: float) -> bool:
        """Wait, and return whether the test is over."""
        return self._ending.wait(seconds)

    def close(self) -> None:
        """End, and release those who wait."""
        self._ending.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves a port open while a thread waits in accept
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                threading.Thread(target=self._receive, args=(raw,), daemon=True).start()

    def _receive(self, raw: socket.socket) -> None:
        raw.settimeout(5)
        context = self.authority.context(HOST, self.kind, datetime.now(UTC))
        with suppress(OSError), raw, context.wrap_socket(raw, server_side=True) as line:
            self.requests.append(line.recv(65536))
            self.script(line)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def host(authority: Authority) -> Iterator[Host]:
    running = Host(authority)
    yield running
    running.close()


def visiting(host: Host, *, read_seconds: float = 3, ca: Path | None = None) -> Web:
    """Return a view of the web whose every connection ends at `host`."""
    return Web(
        allowed_hosts=frozenset({HOST, SITE}),
        connect_to=host.address,
        ca=ca or host.authority.ca,
        connect_seconds=1,
        read_seconds=read_seconds,
    )


def http(body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """Return an HTTP answer."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body


# --- which addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://api.harborlist.com/health",
        "ftp://api.harborlist.com/health",
        "file:///etc/passwd",
        "data:text/html,hello",
        "javascript:alert(1)",
        "//api.harborlist.com/health",
        "api.harborlist.com/health",
        "",
        "https://",
        "https:///health",
        "https://evil.example/",
        "https://api.harborlist.com.evil.example/",
        "https://evilapi.harborlist.com/",
        "https://notharborlist.com/",
        "https://evil.example/api.harborlist.com",
        "https://evil.example/?https://api.harborlist.com/",
        "https://evil.example#api.harborlist.com",
        "https://api.harborlist.com@evil.example/",
        "https://user:word@api.harborlist.com/",
        "https://evil.example\\@api.harborlist.com/",
        "https://api.harborlist.com\\.evil.example/",
        "https://api.harborlist.com%2eevil.example/",
        "https://api.harborlist.com%00.evil.example/",
        "https://api.harborlist.com:8443/",
        "https://api.harborlist.com:443/",
        "https://api.harborlist.com:/",
        "https://api.harborlist.com./",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://API.HARBORLIST.COM/health",
        "HTTPS://api.harborlist.com/health",
        "https://api.harbor\u0131ist.com/",
        "https://\u0430pi.harborlist.com/",
        "https://api.harborlist\u3002com/",
        "https://api.harborlist.com\u2215evil.example/",
        "https://api.harborlist.com/\u202e",
        " https://api.harborlist.com/",
        "https://api.harborlist.com/ ",
        "https://api.harborlist.com/\n",
        "https://api.harbor\tlist.com/",
        "https://api.harborlist.com/a b",
        "https://api.harborlist.com/health#fragment",
        "https://api.harborlist.com/ HTTP/1.1\r\nX-Injected: 1\r\n",
        "https://api.harborlist.com/\r\nHost: evil.example",
        "https://api.harborlist.com/\x00",
        "https://api.harborlist.com/" + "a" * 5000,
    ],
)
def test_an_address_that_is_not_plainly_one_of_the_environment_s_is_never_asked(host: Host, url: str) -> None:
    """Suffix, prefix and substring tests let most of these through, and lenient parsers repair others into allowed ones."""
    web = visiting(host)
    with pytest.raises(CallError):
        web.get(url)
    assert web.requests == 0
    assert host.requests == []


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (f"https://{HOST}", b"GET / HTTP/1.1"),
        (f"https://{HOST}/", b"GET / HTTP/1.1"),
        (f"https://{HOST}?limit=1", b"GET /?limit=1 HTTP/1.1"),
        (f"https://{HOST}/listings?limit=1&nextToken=YQ==", b"GET /listings?limit=1&nextToken=YQ== HTTP/1.1"),
        (f"https://{HOST}/@evil.example/../a%0d%0a", b"GET /@evil.example/../a%0d%0a HTTP/1.1"),
    ],
)
def test_a_plain_address_is_asked_as_it_is_written(host: Host, url: str, line: bytes) -> None:
    """The name stays in TLS and in the request, wherever the connection goes."""
    host.says(http(b"{}"))
    assert visiting(host).get(url).status == 200
    assert host.requests[0].split(b"\r\n")[:2] == [line, f"Host: {HOST}".encode()]


@pytest.mark.parametrize("name", ["evil.example", METADATA, "", "API.harborlist.com", "api.harborlist.com:443", f"{HOST}/"])
def test_the_certificate_of_another_host_is_never_asked_for(host: Host, name: str) -> None:
    """The same list holds for both questions."""
    web = visiting(host)
    with pytest.raises(CallError, match=r"api\.harborlist\.com, harborlist\.com"):
        web.certificate(name)
    assert web.requests == 0


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example\r\nX-Injected: 1",
        "https://a.example\n",
        "null",
        "https://a.example/",
        "https://a b",
        "https://\u00e4.example",
        "x",
    ],
)
def test_an_origin_that_is_none_is_refused(host: Host, origin: str) -> None:
    """A header cannot be smuggled in through it."""
    web = visiting(host)
    with pytest.raises(CallError, match="origin"):
        web.get(URL, origin=origin)
    assert web.requests == 0


def test_the_origin_is_sent_when_there_is_one(host: Host) -> None:
    """A gateway or function may answer CORS headers only to a request that has one."""
    host.says(http(b"{}"))
    web = visiting(host)
    web.get(URL)
    web.get(URL, origin=f"https://{SITE}")
    assert [b"\r\nOrigin: https://harborlist.com\r\n" in each for each in host.requests] == [False, True]


@pytest.mark.parametrize(
    "place", ["example.com:443", f"{METADATA}:80", "127.0.0.1", "127.0.0.1:", "localhost:443", "127.0.0.1:443@x", "[::1]:443"]
)
def test_requests_can_be_led_to_this_machine_and_nowhere_else(place: str) -> None:
    """`connect_to` is for the sandbox: a foreign address there would be a way around DNS."""
    with pytest.raises(CallError, match="connect_to"):
        Web(allowed_hosts=frozenset({HOST}), connect_to=place, connect_seconds=1, read_seconds=1)


def test_a_proxy_of_the_surroundings_is_not_used(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """curl, requests and urllib would all send the request to this proxy."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    host.says(http(b"{}"))
    assert visiting(host).get(URL).status == 200


@pytest.mark.parametrize(
    "target", [f"http://{METADATA}/latest/meta-data/", "file:///etc/passwd", f"https://{SITE}/", URL, "//evil.example"]
)
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_an_answer_and_is_not_followed(host: Host, status: str, target: str) -> None:
    """A health check that follows one can be sent to the metadata service."""
    host.says(http(status=status, headers=f"Location: {target}\r\n"))
    answer = visiting(host).get(URL)
    assert (answer.status, answer.headers["location"], answer.problem) == (int(status[:3]), target, "")
    assert len(host.requests) == 1


# --- what comes back ---------------------------------------------------------------------------------------------------


def drip(first: bytes, host: Host) -> Script:
    """Send `first`, then a byte every fiftieth of a second until the visitor leaves."""

    def script(line: ssl.SSLSocket) -> None:
        line.sendall(first)
        while not host.wait(0.02):
            line.sendall(b"a")

    return script


@pytest.mark.parametrize(
    ("first", "status"),
    [(b"", None), (b"HTTP/1.1 200 OK\r\nX-Drip: ", None), (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", 200)],
)
def test_a_dripping_answer_ends_at_the_deadline(host: Host, first: bytes, status: int | None) -> None:
    """A socket's timeout starts anew with each byte: one byte every 20 ms would keep this answer going for 20 minutes."""
    host.script = drip(first, host)
    answer = visiting(host, read_seconds=0.2).get(URL)
    assert (answer.status, answer.problem_kind) == (status, "timeout")


def test_endless_interim_answers_end_as_well(host: Host) -> None:
    """http.client skips any number of 100 Continue."""

    def script(line: ssl.SSLSocket) -> None:
        while not host.wait(0):
            line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)

    host.script = script
    assert visiting(host).get(URL).problem_kind == "too large"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n",
    ],
)
def test_of_a_gigabyte_only_the_beginning_is_read(host: Host, head: bytes) -> None:
    """However the length is said, or not said."""
    sent: list[int] = []

    def script(line: ssl.SSLSocket) -> None:
        line.sendall(head)
        for _ in range(16384):
            line.sendall(CHUNK)
            sent.append(len(CHUNK))

    host.script = script
    answer = visiting(host).get(URL)
    assert (answer.status, answer.problem_kind) == (200, "too large")
    assert answer.body == "x" * MAX_BODY
    assert sum(sent) < 2**26  # what the kernel buffers, and not the gigabyte


def test_endless_headers_are_too_large(host: Host) -> None:
    """A head has a budget too."""
    host.says(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 60000) for number in range(50)))
    answer = visiting(host).get(URL)
    assert (answer.status, answer.problem_kind) == (None, "too large")


def test_a_body_of_exactly_the_limit_is_whole(host: Host) -> None:
    """The border belongs to the good side."""
    host.says(http(b"x" * MAX_BODY))
    assert visiting(host).get(URL).problem == ""


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        (http(b'{"status":', length=100), 200, "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 200, "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", 200, "protocol"),
        (http(b"\x1f\x8b\x08\x00", headers="Content-Encoding: gzip\r\n"), 200, "protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", None, "protocol"),
        (b"HTTP/1.1 abc OK\r\n\r\n", None, "protocol"),
        (b"HTTP/9.9\r\n\r\n", None, "protocol"),
        (b"<html></html>", None, "protocol"),
        (b"", None, "reset"),
    ],
)
def test_an_answer_that_is_not_whole_is_never_taken_for_one(host: Host, answer: bytes, status: int | None, kind: str) -> None:
    """`HTTPResponse.read(n)` returns a short body without a word when the connection ends early."""
    host.says(answer)
    got = visiting(host).get(URL)
    assert (got.status, got.problem_kind) == (status, kind)
    assert got.problem


def test_a_body_without_a_length_is_whole_only_if_tls_says_goodbye(host: Host) -> None:
    """Whoever cuts the line could otherwise shorten an answer unnoticed (RFC 8446 section 6.1)."""
    host.says(b'HTTP/1.1 200 OK\r\n\r\n{"status": "healthy"}')
    assert visiting(host).get(URL).problem == ""
    host.script = lambda line: line.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"status": "healthy"}')
    assert visiting(host).get(URL).problem_kind == "reset"


def test_text_that_is_no_utf_8_is_shown_with_marks(host: Host) -> None:
    """Whatever charset the other side names: none of Python's codecs runs on its behalf."""
    host.says(http(b"caf\xe9 \xff", headers="Content-Type: text/html; charset=unicode_escape\r\n"))
    assert visiting(host).get(URL).body == "caf\ufffd \ufffd"


def test_headers_come_in_lower_case_without_line_ends(host: Host) -> None:
    """A folded header holds a line end, which must not reach a report or a log; a repeated one is joined (RFC 9110 5.3)."""
    host.says(http(headers="X-Folded: one\r\n two\r\nVary: Origin\r\nVARY: Accept\r\n"))
    headers = visiting(host).get(URL).headers
    assert (headers["x-folded"], headers["vary"]) == ("one two", "Origin, Accept")


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest)))
def test_no_bytes_make_get_raise(authority: Authority, rubbish: bytes) -> None:
    """What the network does is in the answer, whatever it does."""
    host = Host(authority)
    host.says(rubbish)
    answer = visiting(host, read_seconds=1).get(URL)
    host.close()
    assert answer.status is None or 100 <= answer.status <= 999
    assert bool(answer.problem) == bool(answer.problem_kind)


APIGW = "x-amz-apigw-id: abc=\r\n"
PAGE = "Content-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("status", "headers", "body", "answered_by"),
    [
        ("530 ", "", b"", "edge"),
        ("522 ", "", b"anything", "edge"),
        ("403 Forbidden", "", b"error code: 1020", "edge"),
        ("502 Bad Gateway", PAGE, b'<div id="cf-error-details">', "edge"),
        ("429 Too Many", "Content-Type: application/json\r\n", b'{"cloudflare_error": true, "status": 429}', "edge"),
        ("403 Forbidden", f"cf-mitigated: challenge\r\n{PAGE}", b"<title>Just a moment...</title>", "edge"),
        ("200 OK", PAGE, b"an article about cf-error-details", "origin"),
        ("403 Forbidden", APIGW, b'{"message":"Missing Authentication Token"}', "gateway"),
        ("403 Forbidden", APIGW, b'{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke"}', "gateway"),
        ("502 Bad Gateway", "", b'{"message": "Internal server error"}', "gateway"),
        ("200 OK", APIGW, b'{"message": "hello"}', "application"),
        ("500 Error", APIGW, b'{"error":{"code":"DATABASE_ERROR","message":"m"}}', "application"),
        ("200 OK", APIGW, b'{"status":"healthy"}', "application"),
        ("200 OK", "", b"[]", "application"),
        ("200 OK", f"{APIGW}{PAGE}", b"<html>", "application"),
        ("404 Not Found", PAGE, b"<html>", "origin"),
        ("200 OK", "x-amz-id-2: abc\r\nContent-Type: text/javascript\r\n", b"let a", "origin"),
        ("200 OK", "", b"", ""),
        ("200 OK", "Content-Type: text/plain\r\n", b"ok", ""),
        ("200 OK", "", b"[" * 60000, ""),
        ("200 OK", "", b"1" * 60000, ""),
    ],
)
def test_who_answered_is_told_by_what_only_they_send(host: Host, status: str, headers: str, body: bytes, answered_by: str) -> None:
    """A 403 of Cloudflare, of the gateway and of the application have three different causes."""
    host.says(http(body, status=status, headers=headers))
    assert visiting(host).get(URL).answered_by == answered_by


# --- the way there -----------------------------------------------------------------------------------------------------


def test_a_closed_port_is_refused(host: Host) -> None:
    """The kernel says so at once."""
    web = visiting(host)
    host.close()
    answer = web.get(URL)
    assert (answer.status, answer.problem_kind, answer.answered_by) == (None, "refused", "")
    with pytest.raises(Unreadable) as caught:
        web.certificate(HOST)
    assert (caught.value.blind.reason, caught.value.blind.resource) == (Reason.ENDPOINT_DOWN, HOST)


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the address of a listener that never speaks, TLS included."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_host_that_never_speaks_is_a_timeout(silent: str, authority: Authority) -> None:
    """The kernel completes the connection for it, so the wait is in the TLS handshake."""
    web = Web(allowed_hosts=frozenset({HOST}), connect_to=silent, ca=authority.ca, connect_seconds=0.1, read_seconds=0.1)
    assert web.get(URL).problem_kind == "timeout"
    with pytest.raises(Unreadable) as caught:
        web.certificate(HOST)
    assert caught.value.blind.reason is Reason.TIMED_OUT


def test_the_deadline_of_the_check_holds_as_well(silent: str, authority: Authority) -> None:
    """A check whose time is over does not wait out a request's own time."""
    web = Web(allowed_hosts=frozenset({HOST}), connect_to=silent, ca=authority.ca, connect_seconds=600, read_seconds=600)
    answers: SimpleQueue[WebAnswer] = SimpleQueue()
    with suppress(Unreadable):
        threads.bounded(lambda: answers.put(web.get(URL)), until=time.monotonic() + 0.3, what="get")
    assert answers.get(timeout=10).problem_kind == "timeout"


def test_a_host_that_speaks_no_tls_is_told_apart(authority: Authority) -> None:
    """Plain HTTP on the port of HTTPS, for example."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                line, _ = listener.accept()
                with line:
                    line.recv(4096)
                    line.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        web = Web(allowed_hosts=frozenset({HOST}), connect_to=address, ca=authority.ca, connect_seconds=1, read_seconds=1)
        assert web.get(URL).problem_kind == "tls"
        with pytest.raises(Unreadable):
            web.certificate(HOST)
        thread.join()


def test_a_name_without_an_address_is_a_problem_of_dns(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """Getaddrinfo raises gaierror."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    web = Web(allowed_hosts=frozenset({HOST}), ca=authority.ca, connect_seconds=1, read_seconds=1)
    answer = web.get(URL)
    assert answer.problem_kind == "dns"
    assert "Name or service not known" in answer.problem


def test_a_name_service_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """No socket timeout reaches getaddrinfo, which waits for the resolver as long as resolv.conf says."""
    over = threading.Event()

    def hanging(*_: Any, **__: Any) -> Any:
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    web = Web(allowed_hosts=frozenset({HOST}), ca=authority.ca, connect_seconds=0.1, read_seconds=1)
    answer = web.get(URL)
    still_hanging = not over.is_set()
    over.set()
    assert still_hanging
    assert answer.problem_kind == "dns"


def test_the_second_address_is_tried_when_the_first_is_dead(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cloudflare gives several, of both families, and a machine may have a way to only one."""
    host.says(http(b"{}"))
    port = int(host.address.rsplit(":", 1)[1])
    tried: list[Any] = []

    def connecting(address: tuple[str, int], **_: Any) -> socket.socket:
        tried.append(address)
        if address[0] == "127.0.0.2":
            raise TimeoutError
        line = socket.socket()
        line.connect(("127.0.0.1", port))
        return line

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 443)) for place in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", connecting)
    web = Web(allowed_hosts=frozenset({HOST}), ca=host.authority.ca, connect_seconds=1, read_seconds=3)
    assert web.get(URL).status == 200
    assert tried == [("127.0.0.2", 443), ("127.0.0.1", 443)]


# --- certificates ------------------------------------------------------------------------------------------------------


def test_a_certificate_is_read_in_full(host: Host) -> None:
    """Names, times and issuer as the host presents them."""
    seen = visiting(host).certificate(HOST)
    assert (seen.host, seen.names, seen.problem) == (HOST, (HOST,), "")
    assert (seen.subject, seen.issuer) == (f"CN={HOST}", "CN=Sandbox Edge Authority")
    assert seen.not_before < datetime.now(UTC) < seen.not_after
    assert int(seen.serial, 16) > 0


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("expired", "expired"), ("wrong-host", "wrong host"), ("self-signed", "self-signed"), ("not-yet-valid", "not yet")],
)
def test_a_bad_certificate_is_read_and_named_and_never_accepted(host: Host, kind: str, problem: str) -> None:
    """No request is sent to a host that could not prove who it is."""
    host.kind = kind
    web = visiting(host)
    assert web.certificate(HOST).problem.startswith(problem)
    host.requests.clear()
    assert web.get(URL).problem_kind == "tls"
    assert not any(host.requests)


def test_a_good_certificate_of_an_unknown_authority_is_untrusted(host: Host, tmp_path: Path) -> None:
    """Anybody can issue one."""
    web = visiting(host, ca=Authority(tmp_path).ca)
    assert web.certificate(HOST).problem.startswith("untrusted")
    assert web.get(URL).problem_kind == "tls"


def test_without_an_authority_of_its_own_the_system_s_are_trusted(host: Host) -> None:
    """And the sandbox's is not one of them."""
    web = Web(allowed_hosts=frozenset({HOST}), connect_to=host.address, connect_seconds=1, read_seconds=3)
    assert web.certificate(HOST).problem.startswith("untrusted")


def test_a_certificate_of_one_host_is_not_good_for_another(host: Host) -> None:
    """The name that was asked for counts, not the one that is allowed as well."""
    assert visiting(host).certificate(SITE).problem == f"wrong host: it is for {HOST}"
    assert visiting(host).get(f"https://{SITE}/").problem_kind == "tls"


def test_connections_are_counted_from_many_threads(host: Host) -> None:
    """One for each GET and for a good certificate, two for a bad one: the second look reads what the first refused."""
    host.says(http(b"{}"))
    web = visiting(host)
    answers = threads.fan_out(lambda _: web.get(URL), range(40), until=time.monotonic() + 30, what=str)
    assert [outcome.value[0].status for outcome in answers] == [200] * 40
    assert web.requests == 40
    host.kind = "expired"
    web.certificate(HOST)
    assert web.requests == 42
