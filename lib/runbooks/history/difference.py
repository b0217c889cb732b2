"""What is different between two runs of one runbook: on two days, or in two environments.

Between environments names differ by rule: the suffix, the account, the hosts, and what CloudFormation appends. Those are taken
for the same, so that what is left is a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from runbooks.errors import CallError
from runbooks.model import CheckResult, Evidence, Fact, Status, Verdict
from runbooks.settings import Environment

_APPENDED = re.compile(r"(?<=[0-9A-F]{8})-[0-9A-Za-z]{8,14}\b")  # of a physical name, after the hash of the logical one
_GENERATED = re.compile(r"\b(?:vpc|subnet|sg|i|eni|vol)-[0-9a-f]{8,17}\b")

Plain = Callable[[str], str]
Facts = Mapping[str, Fact] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same: where, and what each side says; an empty side says nothing.

    `figure` marks what differs in its numbers or words alone: both sides say that it is as it should be.
    """

    check: str
    resource: str
    what: str
    one: str
    other: str
    figure: bool = False


def plain(environment: Environment) -> Plain:
    """Return what takes the environment out of a name: "admin-service-prod" becomes "admin-service-{suffix}"."""
    words = {
        environment.hosts.api: "{api}", environment.hosts.site: "{site}", environment.account: "{account}",
        environment.name: "{environment}",
    }  # fmt: skip
    suffix = re.compile(rf"(?<=[-_/]){re.escape(environment.suffix)}(?![A-Za-z0-9])")

    def taken_out(name: str) -> str:
        for word, stands in sorted(words.items(), key=lambda pair: -len(pair[0])):
            name = name.replace(word, stands) if word else name
        return _GENERATED.sub("{generated}", _APPENDED.sub("", suffix.sub("{suffix}", name)))

    return taken_out


def differences(one: Verdict, other: Verdict, *, plain_one: Plain = str, plain_other: Plain = str) -> list[Difference]:
    """Return what two runs of one runbook say differently, the checks in their order; accepted rows count as said.

    Raises CallError for runs of two runbooks: their checks are not the same.
    """
    if one.runbook != other.runbook:
        raise CallError(f"these are runs of {one.runbook} and of {other.runbook}: compare two of one runbook")
    results, others = {r.name: r for r in one.results}, {r.name: r for r in other.results}
    found: list[Difference] = []
    if one.outcome is not other.outcome:
        found.append(Difference("", "", "outcome", one.outcome.value, other.outcome.value))
    for name in dict.fromkeys(chain(results, others)):
        found += _of_check(name, results.get(name), others.get(name), plain_one, plain_other)
    keys = sorted({key for key in chain(one.parameters, other.parameters) if key != "environment"})
    found += _pairs("", "parameter", keys, one.parameters, other.parameters)
    found += _pairs("", "version", sorted({*one.versions, *other.versions}), one.versions, other.versions)
    return found


def _of_check(name: str, one: CheckResult | None, other: CheckResult | None, mine: Plain, theirs: Plain) -> Iterator[Difference]:
    if one is None or other is None:
        yield Difference(name, "", "check", _said(one), _said(other))
        return
    if one.status is not other.status:
        yield Difference(name, "", "status", _said(one), _said(other))
    elif mine(one.summary) != theirs(other.summary):
        yield Difference(name, "", "sentence", one.summary, other.summary, figure=one.status is Status.PASS)
    if mine(one.expected) != theirs(other.expected):
        yield Difference(name, "", "expected", one.expected, other.expected)
    rows, others = _rows(one, mine), _rows(other, theirs)
    for resource in dict.fromkeys(chain(rows, others)):
        left, right = rows.get(resource), others.get(resource)
        if left is None or right is None or _told(left, mine) != _told(right, theirs):
            yield Difference(name, resource, "row", _row(left), _row(right), figure=_fine(left) and _fine(right))
    blind, also = {mine(b.sentence) for b in one.blind}, {theirs(b.sentence) for b in other.blind}
    for sentence in sorted(blind ^ also):
        yield Difference(name, "", "not seen", sentence if sentence in blind else "", sentence if sentence in also else "")


def _fine(row: Evidence | None) -> bool:
    return row is None or row.status in (Status.PASS, Status.SKIP)


def _rows(result: CheckResult, name: Plain) -> dict[str, Evidence]:
    return {name(row.resource): row for row in result.evidence}


def _told(row: Evidence, name: Plain) -> tuple[Status, str, bool]:
    return row.status, name(row.summary), row.accepted is not None


def _row(row: Evidence | None) -> str:
    if row is None:
        return ""
    return f"{row.status} {row.summary}{f' (accepted by the {row.accepted.owner})' if row.accepted else ''}"


def _said(result: CheckResult | None) -> str:
    return f"{result.status} {result.summary}" if result else ""


def _pairs(check: str, what: str, keys: list[str], one: Facts, other: Facts) -> Iterator[Difference]:
    for key in keys:
        if one.get(key) != other.get(key):
            yield Difference(check, key, what, str(one.get(key, "")), str(other.get(key, "")))
