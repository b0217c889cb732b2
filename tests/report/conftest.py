"""A browser, a web server on loopback, and an instrument that sees whether a page acts."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip

# what a payload calls; kept apart from the page's own world by being there before it
WATCH = """
window.hits = []; window.hit = name => { window.hits.push(name || 'unnamed'); };
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => window.hit(name);
"""
# elements and attributes that could act or load, whatever the content security policy says
ACTIVE = """() => [...document.querySelectorAll('*')].flatMap(e => [
  ...(/^(script|iframe|frame|object|embed|applet|base|form|input|button|select|textarea|link|audio|video|source|svg|math|foreignobject|noscript|template|marquee)$/i.test(e.localName) ? [e.localName] : []),
  ...(e.localName === 'meta' && /refresh/i.test(e.httpEquiv) ? ['meta refresh'] : []),
  ...[...e.attributes].filter(a => /^on/i.test(a.name) || a.name === 'srcset' || a.name === 'style' && e.closest('body') || a.name === 'srcdoc'
    || a.name === 'href' && !/^(#|https?:|mailto:|[.][/])/i.test(a.value) || a.name === 'src' && !/^data:image[/](png|svg[+]xml);base64,/.test(a.value)).map(a => e.localName + ' ' + a.name + '=' + a.value.slice(0, 60)),
])"""


@dataclass
class Seen:
    """What a page did: code that ran, requests that left it, and what it is made of."""

    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    h1: int = 0
    th: int = 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[str]:
    """The address of a web server over `tmp_path`."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[[str], Seen]]:
    """Open a page, unfold what is folded, click what can be clicked, and say what happened."""
    context = browser.new_context()
    context.add_init_script(WATCH)

    def opened(url: str) -> Seen:
        page, seen = context.new_page(), Seen()
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("dialog", lambda dialog: (seen.ran.append("dialog"), dialog.dismiss()))
        page.on("popup", lambda popup: seen.ran.append("popup"))
        page.goto(url, wait_until="load")
        _poke(page)
        seen.ran += page.evaluate("window.hits")
        seen.active, seen.h1, seen.th = page.evaluate(ACTIVE), *(page.locator(tag).count() for tag in ("h1", "th"))
        seen.asked = [asked for asked in seen.asked if asked.split("#")[0] != url and not asked.startswith("data:")]
        page.close()
        return seen

    yield opened
    context.close()


def _poke(page: Page) -> None:
    """Unfold, focus, hover and click everything that does not lead to another page."""
    page.evaluate("""() => {
        document.querySelectorAll('details').forEach(d => { d.open = true; });
        document.querySelectorAll('body *').forEach(e => { e.dispatchEvent(new MouseEvent('mouseover', {bubbles: false})); if (e.focus) e.focus(); });
        document.querySelectorAll('a[href]').forEach(a => { if (!/^(https?:|mailto:|[.][/])/i.test(a.getAttribute('href'))) a.click(); });
    }""")
    page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 30))")
