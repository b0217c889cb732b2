"""Nothing executes and nothing is asked for, whatever a string says and wherever it comes from (reliability, section 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hostile
import pytest
from conftest import Seen

from runbooks import report

pytestmark = pytest.mark.browser
Look = Callable[[str], Seen]
HARMLESS = "harmless words"
LARGEST = 2_000_000


@pytest.mark.parametrize("name", hostile.PAYLOADS)
def test_no_string_acts_from_a_report(name: str, tmp_path: Path, serve: str, look: Look, record_property: Callable[[str, object], None]) -> None:
    """A payload on every path runs nothing, asks for nothing and builds nothing: from a file, over http, and without the policy."""
    page, paths = _report(hostile.PAYLOADS[name])
    (tmp_path / "page.html").write_text(page)
    (tmp_path / "bare.html").write_text(_without_policy(page))
    twin = _seen_twin(tmp_path, look)
    assert len(page.encode()) < LARGEST
    assert len(paths) == len(set(paths)) >= 58
    for url in (f"file://{tmp_path}/page.html", f"{serve}/page.html", f"file://{tmp_path}/bare.html"):
        assert look(url) == twin, url
    record_property("paths", len(paths))
    print(f"{name}: {len(paths)} paths, {len(page.encode())} bytes")  # noqa: T201 - the count is part of the proof


def test_an_unfinished_run_shows_no_string_that_acts(tmp_path: Path, look: Look) -> None:
    """What the runner, papermill and a broken cell say is text too when there is no verdict."""
    for name, payload in hostile.PAYLOADS.items():
        notebook, paths = hostile.record(payload, finished=False)
        (tmp_path / "page.html").write_text(_without_policy(report.build(notebook)))
        seen = look(f"file://{tmp_path}/page.html")
        assert (seen.ran, seen.asked, seen.active, seen.h1) == ([], [], [], 1), (name, paths[-5:])


@pytest.mark.parametrize("name", hostile.PAYLOADS)
def test_no_string_acts_from_the_list_of_runs(name: str, tmp_path: Path, serve: str, look: Look) -> None:
    """File names, folder names and verdict files are text in the list."""
    twin_root, root = tmp_path / "twin", tmp_path / "runs"
    hostile.runs(twin_root, HARMLESS)
    paths = hostile.runs(root, hostile.PAYLOADS[name])
    for folder in (twin_root, root):
        report.index(folder)
    page = (root / "index.html").read_text()
    (root / "bare.html").write_text(_without_policy(page))
    twin = look(f"file://{twin_root}/index.html")
    assert (twin.ran, twin.asked, twin.active, twin.h1) == ([], [], [], 1)
    for url in (f"file://{root}/index.html", f"{serve}/runs/index.html", f"file://{root}/bare.html"):
        assert look(url) == twin, url
    assert len(page) < LARGEST
    print(f"{name}: {len(paths)} paths")  # noqa: T201 - as above


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


@pytest.mark.parametrize("body", [f'<img src="{hostile.BEACON}">', f"<style>body{{background:url({hostile.BEACON})}}</style>", f'<iframe src="{hostile.BEACON}"></iframe>'])
def test_the_instrument_sees_a_page_that_asks(body: str, tmp_path: Path, look: Look) -> None:
    """The same look finds a request that leaves the page."""
    (tmp_path / "asking.html").write_text(f"<!doctype html><h1>x</h1>{body}")
    assert hostile.BEACON in look(f"file://{tmp_path}/asking.html").asked


def _report(payload: str) -> tuple[str, list[str]]:
    notebook, paths = hostile.record(payload)
    return report.build(notebook), paths


def _without_policy(page: str) -> str:
    """Take the policy away, so that escaping alone has to hold."""
    bare = page.replace("http-equiv=\"Content-Security-Policy\"", "name=\"no-policy\"", 1)
    assert bare != page
    return bare


def _seen_twin(tmp_path: Path, look: Look) -> Seen:
    (tmp_path / "twin.html").write_text(_report(HARMLESS)[0])
    twin = look(f"file://{tmp_path}/twin.html")
    assert (twin.ran, twin.asked, twin.active, twin.h1) == ([], [], [], 1)
    return twin
