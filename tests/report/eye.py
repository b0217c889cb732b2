"""An instrument that sees whether a page acts: what ran, what it asked for, what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# what a payload calls; it is there before the page is
WATCH = """
window.hits = []; window.hit = name => { window.hits.push(name || 'unnamed'); };
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => window.hit(name);
"""
# elements and attributes that could act or load, whatever the content security policy says
ACTIVE = r"""() => [...document.querySelectorAll('*')].flatMap(e => [
  ...(/^(script|iframe|frame|object|embed|applet|base|form|input|button|select|textarea|link|audio|video|source|svg|math|foreignobject|noscript|template|marquee)$/i
    .test(e.localName) ? [e.localName] : []),
  ...(e.localName === 'meta' && /refresh/i.test(e.httpEquiv) ? ['meta refresh'] : []),
  ...[...e.attributes].filter(a => /^on/i.test(a.name) || ['srcset', 'srcdoc', 'formaction', 'ping'].includes(a.name) || a.name === 'style'
    || a.name === 'href' && !/^(#|https?:|mailto:|[.][/])/i.test(a.value)
    || a.name === 'src' && !/^data:image[/](png|svg[+]xml);base64,/.test(a.value)).map(a => `${e.localName} ${a.name}=${a.value.slice(0, 60)}`),
])"""
POKE = r"""() => {
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  document.querySelectorAll('[onmouseover]').forEach(e => e.dispatchEvent(new MouseEvent('mouseover')));
  document.querySelectorAll('[onfocus], [tabindex]').forEach(e => e.focus());
  document.querySelectorAll('a[href]').forEach(a => { if (!/^(https?:|mailto:|[.][/])/i.test(a.getAttribute('href'))) a.click(); });
  return new Promise(done => setTimeout(() => done(true), 30));
}"""


@dataclass
class Seen:
    """What a page did: code that ran, requests that left it, and what it is made of."""

    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    h1: int = 0
    th: int = 0


Look = Callable[[str], Seen]


def look(context: BrowserContext, url: str) -> Seen:
    """Open a page, unfold what is folded, touch and click what does not lead elsewhere, and say what happened."""
    page, seen = context.new_page(), Seen()
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("popup", lambda popup: seen.ran.append(f"popup {popup.url}"))
    page.goto(url, wait_until="load")
    page.evaluate(POKE)
    seen.ran += page.evaluate("window.hits")
    seen.active, seen.h1, seen.th = page.evaluate(ACTIVE), _count(page, "h1"), _count(page, "th")
    seen.asked = [asked for asked in seen.asked if asked.split("#")[0] != url and not asked.startswith("data:")]
    page.close()
    return seen


def _count(page: Page, tag: str) -> int:
    return page.locator(tag).count()
