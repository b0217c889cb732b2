"""What a reader gets of a result, a verdict and a plan: the right things, in the right order, in words."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from runbooks.model import CHART_MIME, RESULT_MIME, VERDICT_MIME, Chart, CheckResult, Evidence, Outcome, Status, Verdict
from runbooks.render import bundle, plan_html, plan_text, result_html, result_text, verdict_html, verdict_text
from runbooks.render.findings import policy, shown_status
from tests.report import sample_run


def words(html: str) -> str:
    """The text of a fragment."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def in_order(text: str, *parts: str) -> bool:
    """Whether the parts follow one another."""
    return re.search(".*".join(re.escape(part) for part in parts), text, re.DOTALL) is not None


def test_a_verdict_says_first_what_matters_first() -> None:
    """Word, title, environment, window, sentence; failures; the unseen; warnings; the accepted; what is well; changes; who."""
    assert in_order(
        words(verdict_html(sample_run.verdict())),
        "FAIL", "System health", "production", "2026-08-01 03:00 to 2026-08-02 03:00 UTC (24 h)", "2 of 9 checks failed:", "P1, within 15 minutes",
        "What failed", "1 of 6 functions cannot serve", "Possible causes", "What could not be seen", "2 of 6 functions could not be read",
        "Warnings", "1 of 9 alarms", "Accepted weaknesses", "team lead", "2027-03-31", "What is well", "5 tables", "Nothing was changed.",
        "primary on-call", "daily check", "Calls made: 12",
    )  # fmt: skip


def test_a_terminal_gets_the_same_in_words_alone() -> None:
    """No markup and no escape sequence; number, limit, next step, missing permission and escalation are there."""
    text = verdict_text(sample_run.verdict())
    assert "<" not in text
    assert "\x1b" not in text
    assert in_order(
        text, "FAIL", "System health", "production", "2 of 9 checks failed", "FAILED", "502 from the application", "expected: 200 within 2 s",
        "next: incident/service-outage", "NOT SEEN", "lambda:GetFunctionConfiguration on BoatListingStack-prod-MediaFunction", "denied",
        "missing permission: lambda:GetFunctionConfiguration", "WARNED", "ACCEPTED", "team lead, until 2027-03-31", "Nothing was changed.",
        "ESCALATION  P1",
    )  # fmt: skip


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.COMPLETED])
def test_a_run_that_did_not_complete_is_never_shown_green(outcome: Outcome) -> None:
    """PASS and WARN become UNKNOWN, a found failure stays, and the outcome is said."""
    for status in (Status.PASS, Status.WARN, Status.UNKNOWN):
        broken = sample_run.verdict(outcome=outcome, status=status, results=())
        assert shown_status(broken) is Status.UNKNOWN
        assert f"did not complete: {outcome.value}" in words(verdict_html(broken))
        assert verdict_text(broken).startswith("UNKNOWN")
    assert shown_status(sample_run.verdict(outcome=outcome, status=Status.FAIL)) is Status.FAIL


def test_denied_reads_give_one_policy_to_paste() -> None:
    """Two denied functions need one statement with both of them; a time-out needs none."""
    results = {r.name: r for r in sample_run.results()}
    asked = json.loads(policy(results["functions_configured"]))
    assert asked["Version"] == "2012-10-17"
    assert [(s["Effect"], s["Action"], len(s["Resource"])) for s in asked["Statement"]] == [
        ("Allow", ["lambda:GetFunctionConfiguration"], 2)
    ]
    assert policy(results["certificates_valid"]) == ""
    page = verdict_html(sample_run.verdict())
    assert page.count("<summary>IAM policy that would allow it</summary>") == 1


def test_a_check_that_failed_and_was_partly_blind_is_in_both_places() -> None:
    """What could not be seen is not lost behind what failed."""
    failed = sample_run.results()[0].model_copy(update={"blind": (sample_run.denied("ListingFunction"),)})
    page = words(verdict_html(sample_run.verdict(results=(failed,))))
    assert in_order(
        page,
        "What failed",
        "1 of 6 functions cannot serve",
        "What could not be seen",
        "1 of 6 functions cannot serve",
        "ListingFunction",
    )
    assert "Checks: 1 failed" in page


def test_a_failing_row_is_never_folded() -> None:
    """No table is inside a <details>."""
    page = verdict_html(sample_run.verdict()) + result_html(sample_run.results()[0])
    for folded in re.findall(r"<details.*?</details>", page, re.DOTALL):
        assert "<table" not in folded
        assert "FAIL" not in folded


def test_an_accepted_weakness_does_not_look_like_a_failure() -> None:
    """Its row says ACCEPTED, what it would be, and why."""
    weak = next(r for r in sample_run.results() if r.name == "alarms_can_fire")
    page = result_html(weak)
    assert ">ACCEPTED</span>" in page
    assert "rb-is-fail" not in page
    assert "FAIL, but accepted: AWS publishes ThrottledRequests" in words(page)


def test_weaknesses_with_one_acceptance_are_told_once() -> None:
    """Seven functions on the same old runtime are one known weakness with seven names, on the page and in the terminal."""
    rows = tuple(
        Evidence(resource=f"function-{n}", status=Status.WARN, summary="s", accepted=sample_run.accepted()) for n in range(7)
    )
    known = sample_run.verdict(results=(sample_run.results()[5].model_copy(update={"evidence": rows}),))
    for text in (verdict_html(known), verdict_text(known)):
        assert text.count("AWS publishes ThrottledRequests") == 1
        assert all(f"function-{n}" in text for n in range(7))


def test_tables_have_captions_and_scopes() -> None:
    """A screen reader can name the table and the row."""
    page = result_html(sample_run.results()[0])
    assert "<caption>Evidence, 2 rows</caption>" in page
    assert page.count('<th scope="col">') == 3
    assert page.count('<th scope="row">') == 2


def test_rows_are_capped_and_the_rest_is_counted() -> None:
    """Of 500 rows 100 are shown, worst first, and the caption says where all are; a terminal gets 50."""
    rows = tuple(Evidence(resource=f"r{n}", status=Status.FAIL if n == 499 else Status.PASS, summary="s") for n in range(500))
    result = sample_run.results()[0].model_copy(update={"evidence": rows})
    page = result_html(result)
    assert page.count("<tr>") == 101
    assert page.index("r499") < page.index("r0<")
    assert "100 of 500 rows, worst first. All of them are in the record of this run" in page
    assert "450 more" in result_text(result)


def test_a_table_that_fits_is_not_called_cut() -> None:
    """A hundred rows are all shown."""
    rows = tuple(Evidence(resource=f"r{n}", status=Status.FAIL, summary="s") for n in range(100))
    page = result_html(sample_run.results()[0].model_copy(update={"evidence": rows}))
    assert "<caption>Evidence, 100 rows</caption>" in page
    assert page.count("<tr>") == 101


def test_thousands_of_refused_reads_give_one_policy_without_repetition() -> None:
    """Each resource stands once, in the order in which it was refused."""
    names = [f"f{n}" for n in range(3000)]
    result = sample_run.results()[2].model_copy(update={"blind": tuple(sample_run.denied(name) for name in names + names)})
    (statement,) = json.loads(policy(result))["Statement"]
    assert [resource.rpartition(":")[2] for resource in statement["Resource"]] == names


def test_there_is_nothing_to_do_when_all_is_well() -> None:
    """A check that passed shows no limit and no next step."""
    passed = CheckResult(name="n", claim="c", status=Status.PASS, summary="s", expected="EXPECTED", next_step="NEXT")
    assert "EXPECTED" not in result_html(passed)
    assert "NEXT" not in result_html(passed) + result_text(passed)


def test_a_plan_shows_both_sides_and_the_way_back() -> None:
    """Before, after, undo, or the reason why there is none, and the digest to approve."""
    plan = sample_run.plan()
    page = words(plan_html(plan))
    assert in_order(page, "Give one function more memory", plan.digest, "give AdminFunction 1024 MB", "before MemorySize = 512", "after MemorySize = 1024", "set AdminFunction back to 512 MB")  # fmt: skip
    assert plan.digest in plan_text(plan)
    final = plan.model_copy(
        update={"changes": (sample_run.change().model_copy(update={"undo": None, "no_undo": "deleted is deleted"}),)}
    )
    assert "none: deleted is deleted" in words(plan_html(final))
    assert "It changes nothing." in plan_html(plan.model_copy(update={"changes": ()}))


def test_what_was_changed_is_told() -> None:
    """With changes, the verdict does not say that nothing was changed."""
    changed = sample_run.verdict(changes=(sample_run.change(),))
    assert "give AdminFunction 1024 MB" in verdict_html(changed)
    assert "Nothing was changed" not in verdict_html(changed) + verdict_text(changed)


@pytest.mark.parametrize(("value", "mime", "shape"), [(sample_run.results()[0], RESULT_MIME, CheckResult), (sample_run.chart(), CHART_MIME, Chart), (sample_run.verdict(), VERDICT_MIME, Verdict)])  # fmt: skip
def test_a_bundle_carries_the_data_and_reads_back(
    value: CheckResult | Chart | Verdict, mime: str, shape: type[CheckResult | Chart | Verdict]
) -> None:
    """The JSON under our mime type is the value, through a file and back; beside it are words, and no script."""
    data = bundle(value)
    assert shape.model_validate(json.loads(json.dumps(data[mime]))) == value
    assert data["text/plain"]
    assert "<script" not in json.dumps(data)
    assert ("image/svg+xml" if mime == CHART_MIME else "text/html") in data


def test_a_fragment_brings_its_own_style_and_ground() -> None:
    """In JupyterLab a fragment has its colours with it, in light and in dark, and both its text and its ground."""
    fragment = bundle(sample_run.results()[0])["text/html"]
    assert '[data-jp-theme-light="false"] .rb{' in fragment
    assert ".rb { color: var(--ink); background: var(--paper);" in fragment
    assert "url(" not in fragment
    assert len(fragment) < 16_000


def test_markup_from_outside_is_text() -> None:
    """Tags, entities and template signs are shown as they are written."""
    hostile = "<b>&amp;</b>{{ x }}{0}%s"
    page = result_html(sample_run.results()[0].model_copy(update={"summary": hostile}))
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;{{ x }}{0}%s" in page


def test_a_newline_cannot_forge_a_line_in_a_terminal() -> None:
    """Each line of the text is ours."""
    forged = sample_run.verdict(summary="ok\n\nPASS    everything is well", finished=sample_run.NOW + timedelta(seconds=1))
    assert not [row for row in verdict_text(forged).splitlines() if row.startswith("PASS")]
