"""The site: one page for every path and built assets, as S3's website hosting serves them behind Cloudflare."""

from __future__ import annotations

import hashlib
import secrets

from runbooks.sandbox.exchange import CLOUDFLARE_ERRORS, Headers, Reply, Request, cloudflare_error, page

ASSETS = {
    "/assets/index-4f1c2a9e.js": ("text/javascript", b'document.getElementById("root").textContent = "MarineMarket";\n'),
    "/assets/index-b7d03e51.css": ("text/css", b"body { margin: 0; font-family: sans-serif }\n"),
}
INDEX = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <title>MarineMarket - boats, bought and sold</title>
    <script type="module" crossorigin src="/assets/index-4f1c2a9e.js"></script>
    <link rel="stylesheet" crossorigin href="/assets/index-b7d03e51.css">
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>
"""
WRONG = "<!doctype html><html><head><title>Welcome</title></head><body><h1>This site is being set up</h1></body></html>\n"
STATES = ("up", "slow", "wrong-page", "tunnel-down", "origin-down", "refused")


def answer(request: Request, state: str, cached: set[str]) -> Reply:
    """Return what a visitor of the site gets; `cached` are the assets that this edge has fetched before.

    Raises ValueError for an unknown state; besides the named ones, a Cloudflare status ("525") plays that error.
    """
    match state:
        case "up":
            return _hosted(request, cached)
        case "slow":
            whole = _hosted(request, cached)
            return Reply(whole.status, whole.body, whole.headers, manner="slow")
        case "wrong-page":
            return page(WRONG)
        case "tunnel-down":
            return cloudflare_error(530, request)
        case "origin-down":
            return cloudflare_error(521, request)
        case _:
            return cloudflare_error(played_status(state, STATES), request)


def played_status(state: str, known: tuple[str, ...]) -> int:
    """Return the Cloudflare status that a state such as "522" names; raises ValueError for anything else."""
    if not state.isascii() or not state.isdecimal() or int(state) not in CLOUDFLARE_ERRORS:
        choices = (*known, *map(str, CLOUDFLARE_ERRORS))
        raise ValueError(f"unknown state '{state}': choose one of {', '.join(choices)}")
    return int(state)


def _hosted(request: Request, cached: set[str]) -> Reply:
    if request.method not in {"GET", "HEAD"}:
        return page("<html><head><title>405 Method Not Allowed</title></head></html>", 405, _stored(b""))
    if request.path in ASSETS:
        kind, body = ASSETS[request.path]
        status = "HIT" if request.path in cached else "MISS"
        cached.add(request.path)
        headers = (("Content-Type", kind), ("Cache-Control", "max-age=14400"), ("cf-cache-status", status))
        return Reply(200, body, (*headers, *_stored(body)))
    if request.path in {"/", "/index.html"}:
        return page(INDEX, headers=_stored(INDEX.encode()))
    # the error document is the index page, so a deep link works in a browser although its status is 404
    missing = (("x-amz-error-code", "NoSuchKey"), ("x-amz-error-message", "The specified key does not exist."))
    return page(INDEX, 404, (*missing, *_stored(INDEX.encode())))


def _stored(body: bytes) -> Headers:
    """Return the headers of S3 that Cloudflare lets through."""
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return (("ETag", f'"{etag}"'), ("x-amz-request-id", secrets.token_hex(8).upper()), ("x-amz-id-2", secrets.token_urlsafe(56)))
