"""Attacks and openings: what a security check has to find, and the daily health check need not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import activity, backends, buckets, chance, items, tables
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import SECURITY, Fault, Finding

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.tables import Row

SCRIPT = "python-requests/2.32.3"


def _brute_force(account: Account) -> None:
    """One account, a try every four seconds; the fifth failure locks it, and locked tries leave no audit row."""
    dice = chance.dice(items.seed_of(account), "brute force")
    person = next(each for each in items.population(account) if each.status == "active" and not each.mfa and each.role == "user")
    start = effects.ago(account, 90)
    attempts: list[Row] = []
    audits: list[Row] = []
    for number in range(180):
        visit = activity.Visit(
            start + timedelta(seconds=4 * number, milliseconds=dice.randrange(900)), person.email, "162.158.78.41", SCRIPT
        )
        attempts.append(activity.attempt(dice, visit))
        if number < 5:  # noqa: PLR2004 - the fifth failure locks
            details = {"userId": person.id, "attempts": number + 1, "locked": number == 4}  # noqa: PLR2004
            audits.append(activity.audit(dice, visit, person.id, "FAILED_LOGIN_ATTEMPT", "security", details))
    tables.put(account, "boat-login-attempts", attempts)
    tables.put(account, "boat-audit-logs", audits)
    effects.change(account, effects.api_metric("4XXError"), start, effects.share(0.6))


def _stuffing(account: Account) -> None:
    """Very many addresses, a try or two each, mostly unknown ones: no audit rows, one user agent."""
    dice = chance.dice(items.seed_of(account), "stuffing")
    start = effects.ago(account, 170)
    rows = []
    for _ in range(900):
        at = start + timedelta(seconds=round(dice.uniform(0, 9000), 3))
        email = f"{chance.word(dice, 7, 'abcdefghijklmnoprstuvwy')}@{dice.choice(('example.com', 'example.net'))}"
        rows.append(activity.attempt(dice, activity.Visit(at, email, f"172.68.34.{dice.randint(2, 9)}", SCRIPT)))
    tables.put(account, "boat-login-attempts", rows)
    effects.change(account, effects.function_metric(account, "AuthFunction", "Invocations"), start, effects.more(5))
    effects.change(account, effects.api_metric("4XXError"), start, effects.share(0.5))


def _insider(account: Account) -> None:
    """An administrator exports and cleans the audit log in the night from an unknown address."""
    dice = chance.dice(items.seed_of(account), "insider")
    person = items.population(account)[1]
    start = account.clock.now().replace(hour=3, minute=12, second=0, microsecond=0)
    start = start if start < account.clock.now() else start - timedelta(days=1)
    steps = ["VIEW_USERS", *["EXPORT_AUDIT_LOGS"] * 6, *["UPDATE_USER_STATUS"] * 12, "CLEANUP_AUDIT_LOGS"]
    rows = []
    for number, action in enumerate(steps):
        visit = activity.Visit(
            start + timedelta(seconds=41 * number, milliseconds=310), "system", "104.22.11.203", activity.AGENTS[3]
        )
        path = "/admin/audit-logs" if "AUDIT" in action else "/admin/users"
        details = {"path": path, "method": "POST", "statusCode": 200, "duration": dice.randint(60, 900)}
        rows.append(
            activity.audit(
                dice, visit, person.id, "ADMIN_ACCESS", "admin_endpoint", {"path": path, "method": "POST"}, "", person.email
            )
        )
        rows.append(
            activity.audit(dice, visit, person.id, action, "audit_logs" if "AUDIT" in action else "user", details, "", person.email)
        )
    tables.put(account, "boat-audit-logs", rows)


def _audit_gap(account: Account) -> None:
    """For six hours nothing was written to the audit log although the API was busy."""
    start, end = effects.ago(account, 60 * 7), effects.ago(account, 60)
    kept = backends.of(account, "dynamodb").tables["boat-audit-logs"].items
    for key in [
        key for key, rows in kept.items() if any(backends.stamp(start) <= sort.value < backends.stamp(end) for sort in rows)
    ]:
        del kept[key]
    for function in ("AuthFunction", "AdminFunction"):
        effects.console(
            account, function, start, "ERROR\tError logging audit event: ProvisionedThroughputExceededException", every=25
        )
    effects.change(
        account,
        lambda name: name.metric == "ConsumedWriteCapacityUnits" and ("TableName", "boat-audit-logs") in name.dimensions,
        start,
        effects.nothing,
    )


def _denied(account: Account) -> None:
    """A member of support tries doors of the admin service that are shut to them."""
    dice = chance.dice(items.seed_of(account), "denied")
    person = items.population(account)[6]
    start = effects.ago(account, 95)
    rows = []
    for number, path in enumerate(["/admin/settings", "/admin/audit-logs", "/admin/users", "/admin/financial"] * 3):
        visit = activity.Visit(start + timedelta(seconds=17 * number), "system", "104.22.11.88", activity.AGENTS[2])
        details = {"path": path, "method": "GET", "requiredPermissions": ["system_config"], "error": "Insufficient permissions"}
        rows.append(activity.audit(dice, visit, person.id, "ADMIN_ACCESS_DENIED", "admin_endpoint", details, "", person.email))
    tables.put(account, "boat-audit-logs", rows)


def _strange_rows(account: Account) -> None:
    """Rows whose time is a number in a text: every question about a time passes them by."""
    dice = chance.dice(items.seed_of(account), "strange")
    person = items.population(account)[1]
    rows = []
    for number in range(7):
        at = effects.ago(account, 300 - number)
        visit = activity.Visit(at, "system", "104.22.11.9", activity.AGENTS[0])
        row = activity.audit(dice, visit, person.id, "EXPORT_AUDIT_LOGS", "audit_logs", {"path": "/admin/audit-logs"})
        rows.append({**row, "timestamp": str(backends.millis(at))})
    tables.put(account, "boat-audit-logs", rows)


def _literal_secret(account: Account) -> None:
    """Somebody put a password for the mail server among the variables of a function."""
    function = effects.lambda_of(account, "EmailFunction")
    function.environment_vars = {**function.environment_vars, "SMTP_PASSWORD": chance.word(chance.dice(7, "smtp"), 24)}
    at = effects.ago(account, 60 * 9)
    effects.modified(account, "EmailFunction", at)
    effects.done(account, at, "UpdateFunctionConfiguration20150331v2", account.names["EmailFunction"])


def _kept_for_ever(account: Account) -> None:
    backends.of(account, "logs").groups[account.names["tunnel_log_group"]].retention_in_days = None


def _media_public(account: Account) -> None:
    bucket = account.names["media_bucket"]
    backend = backends.of(account, "s3")
    backend.put_public_access_block(bucket, buckets.OPEN)
    backend.put_bucket_policy(bucket, buckets.public_policy(bucket))
    for event in ("DeleteBucketPublicAccessBlock", "PutBucketPolicy"):
        effects.done(account, effects.ago(account, 60 * 6), event, bucket)


def _port_opened(account: Account) -> None:
    group = account.names["security_group_id"]
    backends.of(account, "ec2").authorize_security_group_ingress(
        group, "tcp", "3389", "3389", [{"CidrIp": "0.0.0.0/0"}], vpc_id=account.names["vpc_id"]
    )
    effects.done(account, effects.ago(account, 60 * 4), "AuthorizeSecurityGroupIngress", group)


def _log_group_gone(account: Account) -> None:
    name = f"/aws/lambda/{account.names['AdminFunction']}"
    del backends.of(account, "logs").groups[name]
    effects.done(account, effects.ago(account, 130), "DeleteLogGroup", name)


def _seen(check: str, resource: str, status: str = "FAIL") -> Finding:
    return Finding(check, resource, status, SECURITY)


FAULTS = (
    Fault(
        "brute-force",
        "Somebody tries passwords on one account",
        _brute_force,
        (_seen("no_brute_force", "*@* #*"), _seen("logins_mostly_succeed", "boat-login-attempts")),
        "F29",
    ),
    Fault(
        "credential-stuffing",
        "Somebody tries a list of addresses, once each",
        _stuffing,
        (_seen("no_credential_stuffing", "python-requests*"), _seen("logins_mostly_succeed", "boat-login-attempts")),
        "F30",
    ),
    Fault(
        "insider",
        "An administrator exports and cleans the audit log at night",
        _insider,
        (
            _seen("trail_not_cleaned", "????????-*"),
            _seen("exports_few", "????????-*"),
            _seen("changes_unhurried", "????????-*"),
            _seen("nights_quiet", "????????-*"),
        ),
        "F31",
    ),
    Fault("admin-denied", "Support tries doors that are shut to it", _denied, (_seen("denials_few", "????????-*"),), "F31"),
    Fault("audit-gap", "The audit log has a gap of six hours", _audit_gap, (_seen("trail_unbroken", "*AuthFunction*"),), "F32"),
    Fault(
        "audit-rows-strange",
        "Rows of the audit log carry a number for a time",
        _strange_rows,
        (_seen("rows_well_formed", "boat-audit-logs"),),
    ),
    Fault(
        "media-bucket-public",
        "The media bucket was opened to everybody",
        _media_public,
        (_seen("buckets_closed", "boat-listing-media-*"),),
        "F35",
    ),
    Fault(
        "port-opened",
        "The tunnel's security group opened one more port to everybody",
        _port_opened,
        (_seen("ports_closed", "*TunnelSecurityGroup tcp/3389"),),
        "F35",
    ),
    Fault(
        "log-group-deleted",
        "The admin function's log group was deleted",
        _log_group_gone,
        (_seen("trail_unbroken", "*AdminFunction*", "UNKNOWN"),),
        "F18",
    ),
    Fault(
        "literal-secret",
        "A function holds the password of the mail server",
        _literal_secret,
        (_seen("no_literal_secrets", "EmailFunction*/SMTP_PASSWORD"),),
    ),
    Fault(
        "log-kept-for-ever",
        "The tunnel's log group lost its retention",
        _kept_for_ever,
        (_seen("logs_expire", "/aws/ec2/cloudflare-tunnel/*", "WARN"),),
        "F17",
    ),
)
