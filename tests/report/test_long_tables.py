"""Thousands of rows: the page shows the worst, a CSV file beside it has all, and no spreadsheet computes what they say."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from runbooks import report
from runbooks.model import RESULT_MIME, CheckResult, Evidence, Fact, Status
from tests.report import sample_run
from tests.report.eye import Look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MANY = 3_000
SHOWN = 100


def row(n: int, facts: dict[str, Fact] | None = None, status: Status = Status.WARN) -> Evidence:
    return Evidence(resource=f"item-{n:05}", status=status, summary=f"{n} is over the limit of 0", facts=facts or {})


def long(rows: int = MANY, **other: object) -> CheckResult:
    """A result of many rows, of which the last but one is the worst."""
    evidence = tuple(row(n, {"number": n, "text": f"t{n}"}, Status.FAIL if n == rows - 2 else Status.WARN) for n in range(rows))
    return sample_run.results()[0].model_copy(update={"evidence": evidence, **other})


def put(folder: Path, *results: CheckResult, cells: bool = True) -> Path:
    """Put a record of these results into a folder, with or without what its cells published."""
    concluded = sample_run.verdict(results=results)
    notebook = sample_run.notebook(concluded)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if not cells:
                output.get("data", {}).pop(RESULT_MIME, None)
    path = folder / f"system-health-{sample_run.RUN_ID}.ipynb"
    path.write_text(json.dumps(notebook))
    return path


def sheets(record: Path) -> list[Path]:
    return sorted(record.parent.glob("*.csv"))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_a_table_that_is_cut_has_a_file_beside_it(tmp_path: Path) -> None:
    """The page shows the worst hundred and says of how many; the file has every row in the order of the page, for its owner."""
    record = put(tmp_path, long())
    page = report.write(record).read_text()
    (sheet,) = sheets(record)
    assert sheet.name == f"system-health-{sample_run.RUN_ID}.functions_active.csv"
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert f'{SHOWN} of {MANY} rows, worst first. All of them are in <a href="./{sheet.name}">' in page
    rows = read(sheet)
    assert [r["Resource"] for r in rows] == [f"item-{n:05}" for n in (MANY - 2, *range(MANY - 2), MANY - 1)]
    assert rows[1] == {
        "Status": "WARN", "Resource": "item-00000", "What was seen": "0 is over the limit of 0", "Accepted because": "",
        "Accepted by": "", "Accepted until": "", "number": "0", "text": "t0",
    }  # fmt: skip
    assert re.findall(r'<th scope="row">([^<]*)</th>', page) == [r["Resource"] for r in rows[:SHOWN]]


def test_the_json_beside_it_stays_complete(tmp_path: Path) -> None:
    """What the page leaves out is in the verdict."""
    record = put(tmp_path, long())
    report.write(record)
    verdict = json.loads(record.with_suffix(".json").read_text())
    assert len(verdict["results"][0]["evidence"]) == MANY


def test_a_short_table_has_no_file(tmp_path: Path) -> None:
    """A hundred rows are all on the page, and an ordinary run leaves three files."""
    record = put(tmp_path, long(SHOWN))
    page = report.write(record).read_text()
    assert sheets(record) == []
    assert ".csv" not in page


def test_rendering_again_replaces_the_files(tmp_path: Path) -> None:
    """A file of another content is written anew, one that no page links to goes, and files of other runs stay."""
    record = put(tmp_path, long())
    report.write(record)
    (sheet,) = sheets(record)
    sheet.write_text("old")
    other = tmp_path / f"system-health-{sample_run.RUN_ID[:-1]}x.functions_active.csv"
    other.write_text("of another run")
    report.write(record)
    assert len(read(sheet)) == MANY
    report.write(put(tmp_path, long(3)))
    assert sheets(record) == [other]


def test_rows_that_the_record_left_out_of_its_cells_are_shown_from_the_verdict(tmp_path: Path) -> None:
    """An output too large to be kept is not lost: its result stands after the steps, and the link to it leads somewhere."""
    record = put(tmp_path, long(), cells=False)
    page = report.write(record).read_text()
    assert page.index("Results that no step shows") < page.index('id="check-functions_active"')
    assert len(read(sheets(record)[0])) == MANY


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "Zürich 東京", "x" * 300, "\x1b[31m", "a.csv", "=1+1", ""])
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    """Whatever a check is called, its file lies beside the page and the page links to it."""
    record = put(tmp_path, long(name=name))
    page = report.write(record).read_text()
    (sheet,) = sheets(record)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", sheet.name)
    assert re.findall(r'href="\./([^"]*)"', page) == [sheet.name]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".html", ".ipynb", ".json"]


def test_two_checks_never_share_a_file(tmp_path: Path) -> None:
    """Names that differ only in what a file name cannot hold get files of their own."""
    record = put(tmp_path, long(name="a/b"), long(MANY + 1, name="a:b"))
    report.write(record)
    assert [len(read(path)) for path in sheets(record)] == [MANY + 1, MANY]
    assert [path.name.rpartition(".")[0].rpartition(".")[2] for path in sheets(record)] == ["a-b-2", "a-b"]


def test_the_name_of_the_run_is_encoded_in_the_link(tmp_path: Path) -> None:
    """A record under any name has a link that leads to its file."""
    record = put(tmp_path, long()).rename(tmp_path / 'a b#c?"d%41é.ipynb')
    page = report.write(record).read_text()
    (link,) = re.findall(r'href="\./([^"]*)"', page)
    assert (tmp_path / unquote(link)).exists()


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "\uff1d1", "\uff201",
        "a;=1+1", 'a";=1+1', "\x00=1", "\u200b=1", "\ufeff=1",
    ],
)  # fmt: skip
def test_no_spreadsheet_computes_a_text(text: str, tmp_path: Path) -> None:
    """No cell begins with what starts a formula, with commas or semicolons between cells, in values and in headings."""
    rows = [Evidence(resource=text, status=Status.FAIL, summary=text, facts={text: text}) for _ in range(SHOWN + 1)]
    record = put(tmp_path, long(evidence=tuple(rows)))
    report.write(record)
    (sheet,) = sheets(record)
    raw = sheet.read_text()
    assert len(raw.splitlines()) == SHOWN + 2
    for between in (",", ";"):
        cells = [cell for line in csv.reader(raw.splitlines(), delimiter=between) for cell in line]
        assert [cell for cell in cells if re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell)] == []
    assert text.strip("\t\r\n \x00\u200b\ufeff")[-3:] in read(sheet)[0]["Resource"]


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    """A negative number is exact and no formula; yes, no and none are words; a fact that is not there is an empty cell."""
    facts: dict[str, Fact] = {"low": -5, "exact": -0.1234567890123, "yes": True, "nothing": None}
    rows = [row(0, facts), *(row(n) for n in range(1, SHOWN + 1))]
    record = put(tmp_path, long(evidence=tuple(rows)))
    report.write(record)
    first, second, *_ = read(sheets(record)[0])
    assert [first[key] for key in facts] == ["-5", "-0.1234567890123", "yes", "none"]
    assert [second[key] for key in facts] == ["", "", "", ""]


def test_an_accepted_row_says_by_whom(tmp_path: Path) -> None:
    """Accepted rows come last, with reason, owner and day."""
    known = row(0).model_copy(update={"accepted": sample_run.accepted()})
    record = put(tmp_path, long(evidence=(known, *(row(n) for n in range(1, SHOWN + 1)))))
    report.write(record)
    last = read(sheets(record)[0])[-1]
    assert (last["Resource"], last["Accepted by"], last["Accepted until"]) == ("item-00000", "team lead", "2027-03-31")


def test_a_fact_of_its_own_in_each_row_does_not_square_the_file(tmp_path: Path) -> None:
    """A hundred facts have columns, the others share one; nothing is lost."""
    record = put(tmp_path, long(evidence=tuple(row(n, {f"fact {n}": n}) for n in range(2000))))
    report.write(record)
    rows = read(sheets(record)[0])
    assert len(rows[0]) == 6 + 100 + 1
    assert (rows[7]["fact 7"], rows[1999]["Other facts"]) == ("7", "fact 1999: 1999")


def test_a_page_without_a_place_names_no_file() -> None:
    """A page that is only built says where the rows are."""
    page = report.build(sample_run.notebook(sample_run.verdict(results=(long(),))))
    assert f"{SHOWN} of {MANY} rows, worst first. All of them are in the record of this run" in page
    assert ".csv" not in page.replace("CSV file beside", "")


def test_the_steps_stay_in_order_on_a_long_page() -> None:
    """Of 240 cells each is there, in the order of the notebook."""
    notebook = sample_run.notebook()
    notebook.cells = [sample_run.code(f"step({n})", sample_run.shown(text_plain=f"said {n}.")) for n in range(240)]
    page = report.build(notebook)
    assert re.findall(r"<pre>step\((\d+)\)</pre>", page) == [str(n) for n in range(240)]
    assert re.findall(r"<pre>said (\d+)\.</pre>", page) == [str(n) for n in range(240)]


@pytest.mark.browser
def test_the_link_opens_in_a_browser(tmp_path: Path, serve: str, look: Look, browser: Browser) -> None:
    """A click on the link gets the whole file, and the page acts no more than any other."""
    record = put(tmp_path, long())
    page_file = report.write(record)
    (sheet,) = sheets(record)
    seen = look(f"file://{page_file}")
    assert (seen.ran, seen.asked, seen.active, seen.h1) == ([], [], [], 1)
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{serve}/{page_file.name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as download:
        page.get_by_role("link", name=sheet.name).click()
    assert Path(os.fspath(download.value.path())).read_bytes() == sheet.read_bytes()
    page.close()
