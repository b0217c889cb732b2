"""What lies open to everybody that should not: buckets, ports; and logs that are kept for ever."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.checks.judgement import judge
from runbooks.checks.logins import INCIDENT
from runbooks.estate import BucketState, GroupState, LogGroupState, Opening
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings

SCAN = "maintenance/security-scan"


def buckets_closed(buckets: Sequence[BucketState], settings: Settings) -> CheckResult:
    """No bucket can be read by everybody, and AWS would refuse to open one."""
    return judge(
        buckets_closed, buckets, [_bucket(bucket) for bucket in buckets], settings,
        good=f"{len(buckets)} buckets are closed", expected="no public policy, no public grant, all four blocks on",
        next_step=INCIDENT,
    )  # fmt: skip


def _bucket(bucket: BucketState) -> Evidence | None:
    ways = [way for way, open_ in (("its policy", bucket.policy_public), ("its access list", bucket.grants_public)) if open_]
    facts = {"policy public": bucket.policy_public, "grants public": bucket.grants_public, "blocked": bucket.blocked}
    if ways:
        return Evidence(
            resource=bucket.name, status=Status.FAIL, summary=f"everybody may read it by {' and '.join(ways)}", facts=facts
        )
    if not bucket.blocked:
        summary = "is closed, but nothing would refuse to open it: not all of Block Public Access is on"
        return Evidence(resource=bucket.name, status=Status.WARN, summary=summary, facts=facts)
    return None


def ports_closed(groups: Sequence[GroupState], settings: Settings) -> CheckResult:
    """No security group lets the whole internet in."""
    return judge(
        ports_closed, groups, [_opening(opening) for group in groups for opening in group.openings], settings,
        good=f"{len(groups)} security groups let nobody in from everywhere", expected="no rule from 0.0.0.0/0 or ::/0",
        next_step=INCIDENT,
    )  # fmt: skip


def _opening(opening: Opening) -> Evidence:
    return Evidence(
        resource=f"{opening.group} {opening.protocol}/{opening.ports}", status=Status.FAIL,
        summary=f"open to {opening.source}", facts={"group": opening.group_id},
    )  # fmt: skip


def logs_expire(groups: Sequence[LogGroupState], settings: Settings) -> CheckResult:
    """Every log group forgets after a while: what is kept for ever is paid for, and leaks, for ever."""
    evidence = [
        Evidence(resource=group.name, status=Status.WARN, summary="is kept for ever", facts={"stored bytes": group.stored})
        for group in groups
        if group.days is None
    ]
    return judge(
        logs_expire, groups, evidence, settings, good=f"{len(groups)} log groups have a retention",
        expected="a retention in days", next_step=SCAN,
    )  # fmt: skip
