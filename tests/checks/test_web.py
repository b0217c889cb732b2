"""Public addresses and certificates: plain rows in, a result out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runbooks.checks import web
from runbooks.estate import CertificateState, EndpointAnswer, Wanted
from runbooks.model import Status
from runbooks.settings import Settings
from tests.checks.conftest import NOW

SITE = "https://harborlist.com"
HEALTH = Wanted(status=200, contains="", values=(("status", "healthy"),), keys=(), answered_by="application", reader=SITE)
GOOD = EndpointAnswer(
    "API health", "https://api.harborlist.com/health", HEALTH, 200, '{"status":"healthy"}', "*", 0.12, "application", "", "8f"
)
PAGE = EndpointAnswer("Site", f"{SITE}/", Wanted(200, '<div id="root">', (), (), "origin", ""), 200, '<html><div id="root"></div>', "", 0.1, "origin", "", "8f")  # fmt: skip
LISTINGS = replace(GOOD, wanted=Wanted(200, "", (), ("listings", "total"), "application", SITE), body='{"listings":[],"total":0}')


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (GOOD, Status.PASS, "0.12 s"), (PAGE, Status.PASS, ""), (LISTINGS, Status.PASS, ""),
        (replace(GOOD, status=403, body='{"message":"Missing Authentication Token"}', answered_by="gateway"), Status.FAIL, "status 403, expected 200 (Missing Authentication Token), said the gateway"),
        (replace(GOOD, status=500, body='{"error":{"code":"DATABASE_ERROR"}}'), Status.FAIL, "status 500, expected 200 (DATABASE_ERROR), said the application"),
        (replace(GOOD, status=530, body="error code: 1033", answered_by="edge"), Status.FAIL, "status 530, expected 200, said the edge"),
        (replace(GOOD, status=None, body="", problem="the connection was refused", answered_by=""), Status.FAIL, "the connection was refused"),
        (replace(GOOD, body='{"status":"unhealthy"}'), Status.FAIL, "status is 'unhealthy', expected 'healthy'"),
        (replace(GOOD, body="<html>"), Status.FAIL, "the body is not a JSON object"),
        (replace(GOOD, body="[1]"), Status.FAIL, "the body is not a JSON object"),
        (replace(GOOD, body='{"status":"healthy"'), Status.FAIL, "the body is not a JSON object"),
        (replace(LISTINGS, body='{"listings":[]}'), Status.FAIL, "the body lacks total"),
        (replace(PAGE, body="<html>Welcome to nginx"), Status.FAIL, "does not contain"),
        (replace(GOOD, allow_origin=""), Status.FAIL, "Access-Control-Allow-Origin is absent"),
        (replace(GOOD, allow_origin="https://local.harborlist.com"), Status.FAIL, "is https://local.harborlist.com"),
        (replace(GOOD, allow_origin=SITE), Status.PASS, ""),
        (replace(GOOD, answered_by="edge"), Status.FAIL, "the edge answered, not the application"),
        (replace(GOOD, seconds=2.5), Status.WARN, "took 2.5 s, limit 2 s"),
        (replace(GOOD, seconds=2.0), Status.PASS, ""),
    ],
)  # fmt: skip
def test_endpoints_answer(scope: Settings, answer: EndpointAnswer, status: Status, words: str) -> None:
    result = web.endpoints_answer([answer], scope)
    assert result.status is status
    assert words in result.summary
    assert all(row.resource == answer.url for row in result.evidence)


@pytest.mark.parametrize(
    ("days", "problem", "status"),
    [
        (365.0, "", Status.PASS), (30.5, "", Status.PASS), (29.9, "", Status.WARN), (7.1, "", Status.WARN), (6.9, "", Status.FAIL),
        (-1.0, "", Status.FAIL), (365.0, "it is for another host", Status.FAIL),
    ],
)  # fmt: skip
def test_certificates(scope: Settings, days: float, problem: str, status: Status) -> None:
    certificate = CertificateState("api.harborlist.com", "An Authority", NOW + timedelta(days=days), problem)
    assert web.certificates_valid([certificate], scope).status is status
    assert web.origin_certificates_valid([certificate], scope).status is status


def test_an_imported_certificate_says_that_nobody_renews_it(scope: Settings) -> None:
    certificate = CertificateState("*.harborlist.com", "Cloudflare", NOW + timedelta(days=20), imported=True)
    assert "nobody renews it but you" in web.origin_certificates_valid([certificate], scope).summary


def test_a_certificate_that_nothing_uses_is_left_out_and_no_other_is_unknown(scope: Settings) -> None:
    unused = CertificateState("old.harborlist.com", "Cloudflare", NOW - timedelta(days=20), in_use=False)
    used = CertificateState("*.harborlist.com", "Cloudflare", NOW + timedelta(days=900))
    assert web.origin_certificates_valid([unused, used], scope).status is Status.PASS
    assert web.origin_certificates_valid([unused], scope).status is Status.UNKNOWN
