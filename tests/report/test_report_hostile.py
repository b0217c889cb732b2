"""Nothing executes and nothing is asked for, whatever a string says and wherever it comes from (reliability, section 3.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbooks import report
from tests.report import hostile
from tests.report.eye import Look, Seen

pytestmark = pytest.mark.browser

HARMLESS = "harmless words"
LARGEST = 2_000_000


@pytest.fixture(scope="session")
def twin() -> dict[str, Seen]:
    """What the harmless page looked like, kept for the session."""
    return {}


@pytest.mark.parametrize("name", hostile.PAYLOADS)
def test_no_string_acts_from_a_report(name: str, tmp_path: Path, serve: str, look: Look, twin: dict[str, Seen]) -> None:
    """A payload on every path runs nothing, asks for nothing and builds nothing: from a file, over http, and without the policy."""
    notebook, paths = hostile.record(hostile.PAYLOADS[name])
    page = _put(tmp_path, report.build(notebook))
    if not twin:
        (tmp_path / "twin.html").write_text(report.build(hostile.record(HARMLESS)[0]))
        twin["seen"] = look(f"file://{tmp_path}/twin.html")
    assert (twin["seen"].ran, twin["seen"].asked, twin["seen"].active, twin["seen"].h1) == ([], [], [], 1)
    assert len(page.encode()) < LARGEST
    assert len(paths) == len(set(paths)) >= 58
    for url in (f"file://{tmp_path}/page.html", f"{serve}/page.html", f"file://{tmp_path}/bare.html"):
        assert look(url) == twin["seen"], url
    print(f"{name}: {len(paths)} paths, {len(page.encode())} bytes")  # noqa: T201 - the count is part of the proof


@pytest.mark.slow
def test_no_string_acts_from_an_unfinished_run(tmp_path: Path, look: Look) -> None:
    """What the runner, papermill and a broken cell say is text too when there is no verdict."""
    for name, payload in hostile.PAYLOADS.items():
        notebook, paths = hostile.unfinished(payload)
        _put(tmp_path, report.build(notebook))
        seen = look(f"file://{tmp_path}/bare.html")
        assert (seen.ran, seen.asked, seen.active, seen.h1) == ([], [], [], 1), name
    print(f"{len(hostile.PAYLOADS)} payloads on {len(paths)} paths")  # noqa: T201 - as above


def test_no_string_acts_from_the_list_of_runs(tmp_path: Path, serve: str, look: Look) -> None:
    """File names, folder names and verdict files are text in the list: all payloads in one list."""
    for name, payload in hostile.PAYLOADS.items():
        paths = hostile.runs(tmp_path, name, payload)
    page = _put(tmp_path, report.index(tmp_path).read_text())
    for url in (f"file://{tmp_path}/index.html", f"{serve}/index.html", f"file://{tmp_path}/bare.html"):
        seen = look(url)
        assert (seen.ran, seen.asked, seen.active, seen.h1) == ([], [], [], 1), url
        assert seen.th == 5 + 3 * len(hostile.PAYLOADS)
    assert len(page) < LARGEST
    print(f"{len(hostile.PAYLOADS)} payloads on {len(paths)} paths")  # noqa: T201 - as above


@pytest.mark.parametrize(
    "body",
    [
        "<script>hit('x')</script>", "<img src=x onerror=hit('x')>", "<svg onload=hit('x')>", "<details open ontoggle=hit('x')>x</details>",
        '<a href="javascript:hit(1)">x</a>', "<p onmouseover=hit('x')>x</p>", "<iframe srcdoc=\"<script>parent.hit('x')</script>\"></iframe>", "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_the_instrument_sees_a_page_that_acts(body: str, tmp_path: Path, look: Look) -> None:
    """The same look finds code that runs in an unsafe page, and the elements that made it run."""
    (tmp_path / "unsafe.html").write_text(f"<!doctype html><h1>x</h1>{body}")
    seen = look(f"file://{tmp_path}/unsafe.html")
    assert seen.ran
    assert seen.active


@pytest.mark.parametrize(
    "body",
    [
        f'<img src="{hostile.BEACON}">',
        f"<style>body{{background:url({hostile.BEACON})}}</style>",
        f'<iframe src="{hostile.BEACON}"></iframe>',
    ],
)
def test_the_instrument_sees_a_page_that_asks(body: str, tmp_path: Path, look: Look) -> None:
    """The same look finds a request that leaves the page."""
    (tmp_path / "asking.html").write_text(f"<!doctype html><h1>x</h1>{body}")
    assert hostile.BEACON in look(f"file://{tmp_path}/asking.html").asked


def _put(folder: Path, page: str) -> str:
    """Write the page, and beside it the same page without its policy, where escaping alone has to hold."""
    bare = page.replace('http-equiv="Content-Security-Policy"', 'name="no-policy"', 1)
    assert bare != page
    (folder / "page.html").write_text(page)
    (folder / "bare.html").write_text(bare)
    return page
