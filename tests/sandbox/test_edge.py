"""The web edge, seen as runbooks see it: through `Web`, and by hand where a runbook would not go."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbooks import settings
from runbooks.gateway.web import Web
from runbooks.sandbox import edge, restapi, site
from runbooks.sandbox.accounts import Account, EdgeState
from runbooks.sandbox.certificates import KINDS
from runbooks.sandbox.clock import Clock

SITE = "harborlist.com"
API = "api.harborlist.com"
HEALTH = f"https://{API}/health"
SLOW = 0.4
ALLOW_ORIGIN = "access-control-allow-origin"


@dataclass
class Stage:
    """A running edge, the account it plays, and a visitor."""

    edge: edge.Edge
    account: Account
    web: Web
    seeded: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, *, host: str = API, **options: Any) -> tuple[http.client.HTTPResponse, bytes]:
        """Return the answer to any request, as a browser or curl would make it."""
        with closing(dial(self, host)) as line:
            visitor = http.client.HTTPConnection(host)
            visitor.sock = line
            visitor.request(method, path, **options)
            answer = visitor.getresponse()
            return answer, answer.read()


def dial(stage: Stage, host: str) -> ssl.SSLSocket:
    """Return a TLS connection to the edge under the name of `host`."""
    context = ssl.create_default_context(cafile=str(stage.edge.ca))
    raw = socket.create_connection(("127.0.0.1", int(stage.edge.address.rsplit(":", 1)[1])), timeout=5)
    try:
        return context.wrap_socket(raw, server_hostname=host)
    except OSError:
        raw.close()
        raise


@pytest.fixture(scope="module")
def played() -> Iterator[Stage]:
    account = Account(settings.load("sandbox"), Clock())
    seeded: list[str] = []
    running = edge.serve([account], ensure_ready=lambda each: seeded.append(each.environment.name), slow_seconds=SLOW)
    hosts = frozenset({SITE, API, "elsewhere.example"})
    web = Web(allowed_hosts=hosts, connect_to=running.address, ca=running.ca, connect_seconds=2, read_seconds=3)
    yield Stage(running, account, web, seeded)
    running.close()


@pytest.fixture
def stage(played: Stage) -> Stage:
    """Return the edge with nothing broken."""
    played.account.edge = EdgeState()
    played.seeded.clear()
    return played


@pytest.mark.parametrize(
    ("state", "status", "answered_by", "kind", "words"),
    [
        ("up", 200, "origin", "", '<div id="root">'),
        ("slow", 200, "origin", "", '<div id="root">'),
        ("wrong-page", 200, "origin", "", "being set up"),
        ("tunnel-down", 530, "edge", "", "error code: 1033"),
        ("origin-down", 521, "edge", "", "error code: 521"),
        ("522", 522, "edge", "", "error code: 522"),
        ("525", 525, "edge", "", "error code: 525"),
        ("refused", None, "", "reset", ""),
    ],
)
def test_each_state_of_the_site_looks_like_itself(
    stage: Stage, state: str, status: int | None, answered_by: str, kind: str, words: str
) -> None:
    """Cloudflare answers 52x and 530 itself when what lies behind it fails; nobody else uses these numbers."""
    stage.account.edge.site = state
    answer = stage.web.get(f"https://{SITE}/")
    assert (answer.status, answer.answered_by, answer.problem_kind) == (status, answered_by, kind)
    assert words in answer.body


@pytest.mark.parametrize(
    ("state", "status", "answered_by", "kind"),
    [
        ("up", 200, "application", ""),
        ("slow", 200, "application", ""),
        ("origin-cert-expired", 526, "edge", ""),
        ("refused", None, "", "reset"),
    ],
)
def test_each_state_of_the_api_looks_like_itself(stage: Stage, state: str, status: int | None, answered_by: str, kind: str) -> None:
    """Cloudflare in strict mode answers 526 for an expired origin certificate, while its own stays valid."""
    stage.account.edge.api = state
    answer = stage.web.get(HEALTH)
    assert (answer.status, answer.answered_by, answer.problem_kind) == (status, answered_by, kind)


def test_a_dead_api_is_a_timeout_and_its_certificate_can_still_be_read(stage: Stage) -> None:
    """The edge agrees on TLS before it knows that nothing will answer."""
    stage.account.edge.api = "timeout"
    hurried = Web(
        allowed_hosts=frozenset({API}), connect_to=stage.edge.address, ca=stage.edge.ca, connect_seconds=0.3, read_seconds=0.2
    )
    answer = hurried.get(HEALTH)
    assert (answer.status, answer.problem_kind, answer.answered_by) == (None, "timeout", "")
    assert stage.web.certificate(API).problem == ""


@pytest.mark.parametrize(
    ("fault", "status", "answered_by", "kind", "allowed"),
    [
        ("missing", 403, "gateway", "", None),
        ("crash", 502, "gateway", "", None),
        ("timeout", 504, "gateway", "", None),
        ("throttled", 429, "gateway", "", None),
        ("forbidden", 403, "gateway", "", None),
        ("database-error", 500, "application", "", "*"),
        ("unhealthy-body", 200, "application", "", "*"),
        ("html", 200, "origin", "", None),
        ("no-cors", 200, "application", "", None),
        ("wrong-cors", 200, "application", "", "https://localhost:3000"),
        ("slow", 200, "application", "", "*"),
        ("truncated", 200, "", "protocol", "*"),
    ],
)
def test_each_fault_of_a_route_looks_like_itself(
    stage: Stage, fault: str, status: int, answered_by: str, kind: str, allowed: str | None
) -> None:
    """API Gateway's own errors are {"message": ...} and carry no CORS headers; the functions' are {"error": {"code": ...}}."""
    stage.account.edge.routes["GET /health"] = fault
    answer = stage.web.get(HEALTH, origin=f"https://{SITE}")
    assert (answer.status, answer.answered_by, answer.problem_kind) == (status, answered_by, kind)
    assert answer.headers.get(ALLOW_ORIGIN) == allowed


def test_every_fault_that_can_be_played_is_looked_at_above() -> None:
    """A new fault without a case would go unseen."""
    marks = test_each_fault_of_a_route_looks_like_itself.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == set(restapi.FAULTS)


def test_a_slow_answer_takes_its_time(stage: Stage) -> None:
    """The time is measured over the whole answer, the body included."""
    stage.account.edge.routes["GET /health"] = "slow"
    assert stage.web.get(HEALTH).seconds >= SLOW


def test_a_fault_of_one_route_leaves_the_others_alone(stage: Stage) -> None:
    """A pattern breaks all routes of one function, as a package without dependencies does."""
    stage.account.edge.routes["* /admin/*"] = "crash"
    assert stage.web.get(f"https://{API}/admin/system/health").status == 502
    assert stage.web.get(f"https://{API}/admin").status == 401
    assert stage.web.get(HEALTH).status == 200


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("good", ""),
        ("expiring", ""),
        ("expired", "expired on "),
        ("wrong-host", "wrong host: it is for parked.example.net"),
        ("self-signed", "self-signed"),
        ("not-yet-valid", "not yet valid: it begins on "),
    ],
)
def test_each_kind_of_certificate_is_named_and_makes_get_fail_where_a_browser_would(stage: Stage, kind: str, problem: str) -> None:
    """`openssl s_client` ends with 0 for all six of them; a browser opens two."""
    stage.account.edge.certificates[API] = kind
    seen = stage.web.certificate(API)
    answer = stage.web.get(HEALTH)
    assert seen.problem == problem if problem in {"", "self-signed"} else seen.problem.startswith(problem)
    assert (answer.status, answer.problem_kind) == ((None, "tls") if problem else (200, ""))


def test_every_kind_of_certificate_is_looked_at_above() -> None:
    """A new kind without a case would go unseen."""
    mark = test_each_kind_of_certificate_is_named_and_makes_get_fail_where_a_browser_would.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in mark[0].args[1]} == set(KINDS)


def test_a_bad_certificate_of_one_host_leaves_the_other_alone(stage: Stage) -> None:
    """Certificates are chosen by the name in the handshake."""
    stage.account.edge.certificates[API] = "expired"
    assert stage.web.certificate(SITE).problem == ""
    assert stage.web.certificate(SITE).names == (SITE,)


def test_an_expiring_certificate_has_five_days_left(stage: Stage) -> None:
    """It is still accepted: only a look at its end tells."""
    stage.account.edge.certificates[SITE] = "expiring"
    left = stage.web.certificate(SITE).not_after - datetime.now(UTC)
    assert timedelta(days=4, hours=23) < left <= timedelta(days=5)


def test_certificates_are_issued_anew_as_the_sandbox_s_time_goes_on() -> None:
    """Cloudflare renews its edge certificates by itself, so the clock alone never makes a good one expire."""
    clock = Clock()
    account = Account(settings.load("sandbox"), clock)
    running = edge.serve([account])
    web = Web(allowed_hosts=frozenset({API}), connect_to=running.address, ca=running.ca, connect_seconds=2, read_seconds=3)
    before = web.certificate(API)
    clock.advance(timedelta(days=80))
    after = web.certificate(API)
    running.close()
    assert after.problem == ""
    assert after.not_after > before.not_after


@pytest.mark.parametrize("pinned", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize(("kind", "problem"), [("good", ""), ("expired", "expired"), ("not-yet-valid", "not yet valid")])
def test_a_sandbox_in_another_time_shows_certificates_that_a_client_of_today_judges_alike(
    pinned: datetime, kind: str, problem: str
) -> None:
    """A TLS client knows only the real time, and a check the sandbox's."""
    account = Account(settings.load("sandbox"), Clock(pinned))
    account.edge.certificates[API] = kind
    running = edge.serve([account])
    web = Web(allowed_hosts=frozenset({API}), connect_to=running.address, ca=running.ca, connect_seconds=2, read_seconds=3)
    seen = web.certificate(API)
    running.close()
    assert seen.problem.startswith(problem)
    assert (seen.not_before <= pinned <= seen.not_after) == (kind == "good")
    assert bool(seen.problem) == bool(problem)


@pytest.mark.parametrize(
    ("where", "value", "url"),
    [("site", "wobbly", f"https://{SITE}/"), ("api", "wobbly", HEALTH), ("routes", {"GET /health": "wobbly"}, HEALTH)],
)
def test_a_state_that_does_not_exist_is_never_taken_for_health(stage: Stage, where: str, value: object, url: str) -> None:
    """A mistyped fault has to fail loudly, or a drill would prove nothing."""
    setattr(stage.account.edge, where, value)
    answer = stage.web.get(url)
    assert answer.status == 500
    assert "x-sandbox-gap" in answer.headers
    assert "wobbly" in answer.body
    assert "choose one of" in answer.body


def test_a_kind_of_certificate_that_does_not_exist_breaks_the_handshake(stage: Stage) -> None:
    """As above, where only TLS can say so."""
    stage.account.edge.certificates[API] = "wobbly"
    assert stage.web.get(HEALTH).problem_kind == "tls"


def test_a_deep_link_shows_the_site_with_status_404(stage: Stage) -> None:
    """S3 serves the error document, which is the index page, and keeps the status."""
    answer = stage.web.get(f"https://{SITE}/search")
    assert (answer.status, answer.answered_by) == (404, "origin")
    assert answer.body == site.INDEX
    assert answer.headers["x-amz-error-code"] == "NoSuchKey"


def test_assets_come_from_the_cache_the_second_time_and_pages_never(stage: Stage) -> None:
    """Cloudflare caches by file extension: HTML is DYNAMIC."""
    asset = next(iter(site.ASSETS))
    fresh = f"https://{SITE}{asset}"
    assert [stage.web.get(fresh).headers["cf-cache-status"] for _ in range(2)] == ["MISS", "HIT"]
    assert [stage.web.get(f"https://{SITE}/").headers["cf-cache-status"] for _ in range(2)] == ["DYNAMIC", "DYNAMIC"]


def test_everything_carries_cloudflare_s_signs_and_only_the_api_the_gateway_s(stage: Stage) -> None:
    """The frontend does not go through API Gateway, and the API not through the tunnel."""
    page, health = stage.web.get(f"https://{SITE}/"), stage.web.get(HEALTH)
    assert [each.headers["server"] for each in (page, health)] == ["cloudflare", "cloudflare"]
    assert page.headers["cf-ray"] != health.headers["cf-ray"]
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= health.headers.keys()
    assert not {"x-amzn-requestid", "x-amz-apigw-id"} & page.headers.keys()


def test_a_browser_gets_cloudflare_s_error_as_a_page(stage: Stage) -> None:
    """Cloudflare sends one line of text to those who do not ask for HTML."""
    stage.account.edge.site = "tunnel-down"
    answer, body = stage.ask("GET", "/", host=SITE, headers={"Accept": "text/html"})
    assert answer.status == 530
    assert b"1033" in body
    assert b"cf-error-details" in body


def test_the_date_is_the_sandbox_s(stage: Stage) -> None:
    """One time for AWS and the web."""
    answer = stage.web.get(HEALTH)
    said = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs(said - stage.account.clock.now()) < timedelta(minutes=1)


def test_the_account_is_made_ready_before_its_first_answer(stage: Stage) -> None:
    """The estate is built lazily, by whoever comes first."""
    stage.web.get(HEALTH)
    assert stage.seeded == ["sandbox"]


def test_an_estate_that_cannot_be_built_is_said_in_the_answer() -> None:
    """It must not look like an outage of the platform."""

    def broken(_: Account) -> None:
        raise RuntimeError("no boats")

    running = edge.serve([Account(settings.load("sandbox"), Clock())], ensure_ready=broken)
    web = Web(allowed_hosts=frozenset({API}), connect_to=running.address, ca=running.ca, connect_seconds=2, read_seconds=3)
    answer = web.get(HEALTH)
    running.close()
    assert "x-sandbox-gap" in answer.headers
    assert "no boats" in answer.body


def test_each_environment_answers_under_its_own_names() -> None:
    """One edge plays them all; a fault of one is not seen at the others."""
    accounts = [Account(settings.load(name), Clock()) for name in ("sandbox", "sandbox-staging", "sandbox-dev")]
    accounts[1].edge.site = "tunnel-down"
    running = edge.serve(accounts)
    hosts = [each.environment.hosts.site for each in accounts]
    web = Web(allowed_hosts=frozenset(hosts), connect_to=running.address, ca=running.ca, connect_seconds=2, read_seconds=3)
    statuses = [web.get(f"https://{host}/").status for host in hosts]
    running.close()
    assert statuses == [200, 530, 200]


def test_a_name_that_is_nobody_s_is_turned_away(stage: Stage) -> None:
    """In the handshake by an alert, and in the request by Cloudflare's refusal."""
    assert stage.web.get("https://elsewhere.example/").problem_kind == "tls"
    answer, _ = stage.ask("GET", "/", host=SITE, headers={"Host": "elsewhere.example"})
    assert answer.status == 403


def test_a_connection_that_was_open_before_is_cut_as_well(stage: Stage) -> None:
    """A browser keeps connections open; the fault has to reach them too."""
    with closing(dial(stage, API)) as line:
        visitor = http.client.HTTPConnection(API)
        visitor.sock = line
        visitor.request("GET", "/health")
        assert visitor.getresponse().read()
        stage.account.edge.api = "refused"
        visitor.request("GET", "/health")
        with pytest.raises(ConnectionError):
            visitor.getresponse()


def test_visitors_that_hang_up_or_speak_nonsense_do_not_disturb_the_next_one(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    """The edge prints nothing: its terminal belongs to the runbook."""
    address = ("127.0.0.1", int(stage.edge.address.rsplit(":", 1)[1]))
    for rubbish in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(address, timeout=5) as raw:
            raw.sendall(rubbish)
    for words in (
        b"",
        b"GET",
        b"NONSENSE\r\n\r\n",
        b"POST /search HTTP/1.1\r\nHost: api.harborlist.com\r\nContent-Length: 99\r\n\r\n{",
    ):
        with closing(dial(stage, API)) as line:
            line.sendall(words)
    assert stage.web.get(HEALTH).status == 200
    assert capfd.readouterr() == ("", "")


def test_closing_cuts_those_who_wait_and_removes_the_authority() -> None:
    """A sandbox ends at once, whoever is still there."""
    account = Account(settings.load("sandbox"), Clock())
    account.edge.api = "timeout"
    running = edge.serve([account])
    stage = Stage(
        running,
        account,
        Web(allowed_hosts=frozenset({API}), connect_to=running.address, ca=running.ca, connect_seconds=2, read_seconds=3),
    )
    with closing(dial(stage, API)) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: api.harborlist.com\r\n\r\n")
        running.close()
        assert not _received(line)
    assert stage.web.get(HEALTH).problem_kind == "refused"
    assert not running.ca.parent.exists()


def test_the_authority_s_folder_is_private_and_holds_no_key(stage: Stage) -> None:
    """Whoever could read a key could play the site to this user's runbooks."""
    assert stage.web.certificate(SITE).problem == ""
    assert stage.edge.ca.parent.stat().st_mode & 0o777 == 0o700
    assert stage.edge.ca.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in stage.edge.ca.parent.iterdir()] == ["ca.pem"]
    assert "PRIVATE KEY" not in stage.edge.ca.read_text()


def _received(line: ssl.SSLSocket) -> bytes:
    try:
        return line.recv(1)
    except OSError:
        return b""
