"""How many requests a run makes is a promise: AWS's quotas are what a fleet runs into first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbooks import catalogue
from tests.benchmarks import requests

RUNBOOKS = [runbook.name for runbook in catalogue.all_runbooks() if not runbook.tells]


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_run_makes_the_requests_that_are_kept(name: str, sandbox: dict[str, Any], own_reports: Path) -> None:
    assert requests.differences(name, requests.counted(name), requests.kept().get(name, {})) == []


def test_nothing_is_kept_of_runbooks_that_are_gone() -> None:
    assert set(requests.kept()) - set(RUNBOOKS) == set(), requests.HOW


def test_more_requests_are_named_with_their_call_and_the_way_out() -> None:
    (sentence,) = requests.differences("daily/x", {"lambda:ListFunctions": 3}, {"lambda:ListFunctions": 2})
    assert "3 requests of lambda:ListFunctions, 2 are kept: make fewer, or give the reason" in sentence
    assert "--write" in sentence


def test_a_call_that_is_new_or_gone_is_a_difference_too() -> None:
    more, fewer = requests.differences("daily/x", {"a:New": 1}, {"b:Gone": 1})
    assert "1 requests of a:New, 0 are kept" in more
    assert "0 requests of b:Gone, 1 are kept: better" in fewer
