"""The page as a person meets it: on a wide screen, on a phone, in the dark, on paper, and with a screen reader."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from runbooks import report
from runbooks.model import RESULT_MIME, VERDICT_MIME, Outcome, Status
from tests.report import sample_run
from tests.report.hostile import PIXEL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

browsed = pytest.mark.browser
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    """The page of the sample run."""
    path = tmp_path / "page.html"
    path.write_text(report.build(sample_run.notebook()))
    return path


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    """A list of one run and one that cannot be read."""
    folder = tmp_path / "production" / "2026-08-02"
    folder.mkdir(parents=True)
    (folder / f"system-health-{sample_run.RUN_ID}.json").write_text(sample_run.verdict().model_dump_json())
    (folder / "system-health-20260801T030000Z-000000.json").write_text('{"status": "PA')
    return report.index(tmp_path)


@browsed
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["page_file", "list_file"])
def test_axe_finds_nothing(name: str, scheme: Literal["light", "dark"], request: pytest.FixtureRequest, browser: Browser) -> None:
    """axe-core has no objection to report and list, in light and in dark, with everything unfolded."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"file://{request.getfixturevalue(name)}")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = axe.run(page).response["violations"]
    context.close()
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found] == []


@browsed
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_the_first_screen_shows_the_verdict(width: int, height: int, page_file: Path, browser: Browser) -> None:
    """Word, environment, sentence and first failure are visible before any scrolling, and nothing scrolls sideways."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"file://{page_file}")
    word = page.locator("h1 .rb-word")
    assert word.inner_text() == "FAIL"
    for part in (
        word,
        page.locator(".rb-where").first,
        page.locator(".rb-sentence").first,
        page.locator(".rb-check .rb-line").first,
    ):
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@browsed
def test_long_names_do_not_widen_a_phone(tmp_path: Path, browser: Browser) -> None:
    """A name of 400 letters without a break stays inside 390 pixels, in the report and in the list."""
    long = "W" * 400
    first, *rest = sample_run.results()
    broad = first.model_copy(
        update={"summary": long, "name": long, "evidence": tuple(e.model_copy(update={"resource": long}) for e in first.evidence)}
    )
    concluded = sample_run.verdict(
        title=long, environment=long, results=(broad, *rest), changes=(sample_run.change(),), plans=(sample_run.plan(),)
    )
    folder = tmp_path / "production" / "2026-08-02"
    folder.mkdir(parents=True)
    (folder / f"system-health-{sample_run.RUN_ID}.json").write_text(concluded.model_dump_json())
    (tmp_path / "page.html").write_text(report.build(sample_run.notebook(concluded)))
    report.index(tmp_path)
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for name in ("page.html", "index.html"):
        page.goto(f"file://{tmp_path}/{name}")
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.close()


@browsed
def test_paper_has_the_verdict_and_what_is_folded(page_file: Path, browser: Browser) -> None:
    """The PDF holds the verdict, the failing rows and the IAM policy that is folded on the screen."""
    page = browser.new_page()
    page.goto(f"file://{page_file}")
    policy = page.locator("details pre", has_text='"Statement"').first
    assert not policy.is_visible()
    pdf = page.pdf(format="A4")
    page.close()
    printed = words_of(pdf)
    for words in (
        "FAIL",
        "What failed",
        "502 from the application",
        '"lambda:GetFunctionConfiguration"',
        "StatsFunction1C2D3E4F",
        "Nothing was changed",
    ):
        assert "".join(words.split()) in printed, words


def test_a_page_stands_alone() -> None:
    """One file: policy, language, title and viewport are set; no script, no address that is loaded; a daily run is small."""
    page = report.build(sample_run.notebook())
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in page
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "<title>FAIL: System health, production, 2026-08-02 03:00 UTC</title>" in page
    assert not re.search(r"<(script|link|iframe|base|form)\b|@import|url\(", page)
    assert all(src.startswith("data:image/svg+xml;base64,") for src in re.findall(r'src="([^"]*)"', page))
    assert len(re.findall(r"<h1\b", page)) == 1
    assert len(page.encode()) < 300_000


def test_each_check_of_the_verdict_links_to_its_evidence() -> None:
    """Every link inside the page leads to exactly one place, and each result is shown where it ran."""
    page = report.build(sample_run.notebook())
    targets = re.findall(r'href="#([^"]*)"', page)
    assert {t for t in targets if t.startswith("check-")} == {f"check-{r.name}" for r in sample_run.results()}
    for target in targets:
        assert page.count(f'id="{target}"') == 1, target
    assert page.count('class="rb rb-result') == len(sample_run.results())
    assert page.index('id="verdict"') < page.index('id="check-functions_active"')


def test_a_result_that_was_published_twice_has_one_anchor() -> None:
    """A cell that ran twice does not give two elements with one id."""
    notebook = sample_run.notebook()
    notebook.cells.append(notebook.cells[5])
    assert report.build(notebook).count('id="check-functions_active"') == 1


def test_the_record_of_the_runner_counts_first() -> None:
    """A verdict in the metadata wins over the one that a cell published."""
    notebook = sample_run.notebook()
    notebook.metadata["runbooks"] = sample_run.told(
        sample_run.verdict(status=Status.UNKNOWN, outcome=Outcome.DEADLINE, summary="did not finish: deadline")
    )
    assert title(report.build(notebook)).startswith("UNKNOWN")


def test_without_the_runner_the_last_verdict_counts() -> None:
    """A notebook that plain papermill ran to its end has its verdict in the last cell."""
    notebook = sample_run.notebook(sample_run.verdict(status=Status.WARN))
    del notebook.metadata["runbooks"]
    assert title(report.build(notebook)).startswith("WARN")


def test_a_broken_cell_takes_a_published_pass_away() -> None:
    """A cell that broke makes the run one that did not finish, whatever a cell published."""
    notebook = sample_run.notebook(sample_run.verdict(status=Status.PASS, results=()))
    del notebook.metadata["runbooks"]
    notebook.cells[3].outputs = [sample_run.error("KeyError", "'x'")]
    page = report.build(notebook)
    assert title(page).startswith("UNKNOWN")
    assert "did not finish: KeyError: &#39;x&#39;" in page


@pytest.mark.parametrize(
    "metadata", [{}, {"outcome": "interrupted"}, {"verdict": {"status": "PASS"}}, {"verdict": "PASS"}, "x", None]
)
def test_a_run_without_a_verdict_is_never_green(metadata: object) -> None:
    """What a killed run left behind renders as UNKNOWN, did not finish."""
    passed = next(r for r in sample_run.results() if r.status is Status.PASS)
    notebook = sample_run.notebook()
    notebook.cells = [sample_run.code("x", sample_run.output(passed))]
    notebook.metadata = {"runbooks": metadata} if metadata != {} else {}
    page = report.build(notebook)
    assert title(page).startswith("UNKNOWN")
    assert "did not finish" in page


def test_a_green_status_of_a_run_that_did_not_complete_is_not_shown() -> None:
    """PASS with the outcome `interrupted` is shown as UNKNOWN, with the outcome."""
    notebook = sample_run.notebook(sample_run.verdict(status=Status.PASS, outcome=Outcome.INTERRUPTED))
    page = report.build(notebook)
    assert title(page).startswith("UNKNOWN")
    assert "The run did not complete: interrupted." in page


@pytest.mark.parametrize(
    "cells", [None, "x", [None, 1], [{}], [{"cell_type": "code"}], [{"cell_type": "code", "outputs": [None, {}, {"data": 1}, {"data": {RESULT_MIME: 1, VERDICT_MIME: {}}}]}], [{"cell_type": "markdown", "source": None}]]
)  # fmt: skip
def test_half_a_notebook_still_gives_a_page(cells: object) -> None:
    """Whatever a kill left of the cells, there is a page that says UNKNOWN."""
    assert title(report.build(sample_run.piece(cells=cells, metadata={}))).startswith("UNKNOWN")


def test_what_a_kernel_drew_is_not_used() -> None:
    """HTML and SVG beside a result or a chart are ignored: both are drawn anew from the data."""
    notebook = sample_run.notebook()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).update({"text/html": "FORGED", "image/svg+xml": "FORGED"})
    assert "FORGED" not in report.build(notebook)


def test_a_picture_is_shown_only_when_it_is_one() -> None:
    """A PNG becomes a data address with its words; other bytes under the name of a PNG become the words."""
    notebook = sample_run.notebook()
    notebook.cells = [
        sample_run.code("x", *(sample_run.shown(image_png=data, text_plain="a dot") for data in (PIXEL, "eA==", "<b>")))
    ]
    page = report.build(notebook)
    assert page.count('<img src="data:image/png;base64,') == 1
    assert 'alt="a dot"' in page
    assert page.count("<pre>a dot</pre>") == 2


def test_a_page_full_of_output_stays_small_and_says_so() -> None:
    """Ten megabytes of output make a page under 2 MB that says where the rest is."""
    notebook = sample_run.notebook()
    outputs = [sample_run.shown(text_plain="<&>" * 5_000) for _ in range(30)]
    notebook.cells = [sample_run.code("x", *outputs) for _ in range(30)]
    page = report.build(notebook)
    assert len(page.encode()) < 2_000_000
    assert "A step is left out: the page is full." in page
    assert page.index("FAIL") < page.index("A step is left out")


def title(page: str) -> str:
    """The title of a page."""
    return page.split("<title>")[1].split("</title>", maxsplit=1)[0]


def words_of(pdf: bytes) -> str:
    """Return all text that a PDF of Chromium draws, without spaces: glyph numbers looked up in each font's ToUnicode table."""
    streams = [
        zlib.decompress(raw)
        for raw in re.findall(rb"/Filter /FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
        if raw[:1] == b"x"
    ]
    fonts: list[dict[int, str]] = [
        table for stream in streams if b"beginbf" in stream and (table := _table(stream.decode("latin-1")))
    ]
    drawn = [glyphs for stream in streams if b" Tf" in stream for glyphs in [_glyphs(stream.decode("latin-1"))]]
    return (
        "".join("".join(font.get(glyph, "") for glyph in page) for font in fonts for page in drawn)
        .replace("\xa0", "")
        .replace(" ", "")
    )


def _table(cmap: str) -> dict[int, str]:
    table: dict[int, str] = {}
    for first, last, to in re.findall(r"<(\w{4})> <(\w{4})> <(\w{4})>", cmap):
        table |= {code: chr(int(to, 16) + code - int(first, 16)) for code in range(int(first, 16), int(last, 16) + 1)}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        table |= {int(code, 16): bytes.fromhex(to).decode("utf-16-be") for code, to in re.findall(r"<(\w{4})> <(\w+)>", block)}
    return table


def _glyphs(content: str) -> list[int]:
    return [int(run[i : i + 4], 16) for run in re.findall(r"<([0-9A-Fa-f]+)>", content) for i in range(0, len(run), 4)]
