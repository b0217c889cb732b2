"""The daily report as a page: whatever its records say, it is one harmless screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest

from runbooks import report
from runbooks.checks import areas, budgets, day
from runbooks.estate import Day, Served, Told
from runbooks.model import Chart, CheckResult, Evidence, Outcome, Series, Status, Verdict
from runbooks.render import REPORT, day_html
from runbooks.render.spark import spark_svg
from tests.checks.test_day import SCOPE, told
from tests.report import sample_run
from tests.report.hostile import PAYLOADS
from tests.test_history import BLIND, GOOD, NOW, check, row, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.report.eye import Look

PAGE = "sandbox/2026-11-24/system-health-20261124T050000Z-0a1b2c.html"


def days(text: str = "", *, many: bool = False) -> list[Day]:
    """A bad day, every text of which is `text` where one is given."""
    said = text or "is down"
    bad = check(*(Evidence(resource=text or f"r{n}", status=Status.FAIL, summary=said, facts={}) for n in range(3)), name="c")
    blind = check(blind=(BLIND.model_copy(update={"detail": said, "resource": said}),), name="d")
    now = verdict(bad, blind, check(name=text or "e"), calls={"cloudwatch:GetMetricData": 7})
    before = (verdict(check(row("gone"), row("r0")), day=1),)
    each = (told(now, page=PAGE, owner=text), Told("sandbox", "daily/b", None, text or "there is no record"))
    served = tuple(Served(o.name, 0, 1000, 990) for o in SCOPE.environment.day.objectives)
    one = Day("sandbox", text or "Sandbox", NOW, each, before=before, served=served)
    return [one, Day("sandbox-dev", text or "Development", NOW, (told(verdict(GOOD)),))] if many else [one]


def results(given: list[Day]) -> tuple[CheckResult, ...]:
    asked = (
        day.environments_well, day.records_told, day.findings_told, day.changes_told, day.deployments_told, budgets.budgets_left,
        areas.areas_told, day.acceptances_current, day.runbooks_reviewed, day.cost_told,
    )  # fmt: skip
    return tuple(each(given, SCOPE) for each in asked)


def concluded(given: list[Day], **other: object) -> Verdict:
    found = results(given)
    facts: dict[str, Any] = {"runbook": REPORT, "title": "Daily report", "summary": "said", **other}
    return verdict(*found, **facts)


def chart(label: str = "requests") -> Chart:
    points = sample_run.chart().series[0].points
    return Chart(title=label, unit="x", words=label, series=(Series(label=label, points=points),), limit=400)


def page(tmp_path: Path, given: list[Day], text: str = "") -> Path:
    notebook = sample_run.notebook(concluded(given))
    notebook.cells = [sample_run.code("x", *map(sample_run.output, results(given)), sample_run.output(chart(text or "requests")))]
    path = tmp_path / "day.html"
    path.write_text(report.build(notebook), encoding="utf-8")
    return path


def test_a_quiet_day_has_a_sentence_for_each_part() -> None:
    quiet = [Day("sandbox", "Sandbox", NOW, (told(verdict(GOOD)),), before=(verdict(GOOD, day=1),))]
    shown = str(day_html(concluded(quiet), [chart()], page=True))
    for sentence in ("Nothing needs anybody.", "Everything was checked.", "Nothing changed. Nothing was deployed in 24 h."):
        assert sentence in shown
    assert "FAIL" not in shown
    assert shown.count("<h1") == 1


def test_a_bad_day_says_what_to_look_at_what_was_not_seen_and_what_changed() -> None:
    shown = str(day_html(concluded(days()), page=True))
    assert shown.index("Look at first") < shown.index("(and 2 more like it)") < shown.index("Could not be checked")
    assert "a:B: denied" in shown
    assert "there is no record" in shown
    assert "1 recovered: <b>gone</b>" in shown
    assert f'href="./../../{PAGE}"' in shown
    assert "<table" not in shown
    assert '<table class="rb-envs"' in str(day_html(concluded(days(many=True)), page=True))


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "../../../etc/passwd", "//evil.example/x.html", f"{PAGE}#x", f"{PAGE}\n", ""]
)
def test_only_places_of_records_become_links(bad: str) -> None:
    given = concluded(days())
    changed = given.model_dump_json().replace(PAGE, bad.replace("\n", "\\n"))
    assert "href" not in str(day_html(Verdict.model_validate_json(changed), page=True))


def test_a_report_that_did_not_get_far_says_so_and_is_not_green() -> None:
    empty = verdict(runbook=REPORT, title="Daily report", outcome=Outcome.DEADLINE, status="PASS")
    shown = str(day_html(empty, page=True))
    assert '<span class="rb-word">UNKNOWN</span>' in shown
    assert "The report did not complete: deadline." in shown
    assert "Everything" not in shown


@pytest.mark.parametrize("facts", [{}, {"kind": 7, "since": "x", "environment": None, "page": 3, "call": True}])
def test_rows_without_the_expected_facts_still_make_a_page(facts: dict[str, object]) -> None:
    rows = (Evidence.model_validate({"resource": "x", "status": "FAIL", "summary": "s", "facts": facts}),)
    given = tuple(each.model_copy(update={"evidence": rows}) for each in results(days()))
    assert "rb-day" in str(day_html(verdict(*given, runbook=REPORT), page=True))


def test_a_small_chart_holds_numbers_alone_and_leaves_gaps() -> None:
    svg = spark_svg(chart("</svg><script>x</script>"))
    assert "script" not in svg
    assert svg.count("<polyline") == 2  # one gap
    assert "polyline points" not in spark_svg(Chart(title="t", unit="", words="w", series=()))
    for extreme in (float("nan"), float("inf"), 1e300):
        points = tuple((at, extreme) for at, _ in chart().series[0].points)
        assert not re.search(
            r"nan|inf", spark_svg(Chart(title="t", unit="", words="w", series=(Series(label="l", points=points),)))
        )


@pytest.mark.browser
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: Literal["light", "dark"], many: bool, tmp_path: Path, browser: Browser) -> None:  # noqa: FBT001
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(color_scheme=scheme)
    shown = context.new_page()
    shown.goto(page(tmp_path, days(many=many)).as_uri())
    shown.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = axe.run(shown).response["violations"]
    context.close()
    assert [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found] == []


@pytest.mark.browser
@pytest.mark.parametrize("name", PAYLOADS)
def test_no_text_of_a_record_acts(name: str, tmp_path: Path, look: Look) -> None:
    text = PAYLOADS[name].replace("HIT", "window.hit('day')")
    seen = look(page(tmp_path, days(text, many=True), text).as_uri())
    assert (seen.ran, seen.asked, seen.active, seen.h1) == ([], [], [], 1)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_the_first_screen_has_the_verdict_and_the_first_things(width: int, height: int, tmp_path: Path, browser: Browser) -> None:
    shown = browser.new_page(viewport={"width": width, "height": height})
    shown.goto(page(tmp_path, days("W" * 400)).as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.goto(page(tmp_path, days()).as_uri())
    box = shown.locator(".rb-row .rb-told > li").first.bounding_box()
    shown.close()
    assert box is not None
    assert box["y"] + box["height"] <= height
