"""The nine Lambda functions: seven services and the two that the CDK brings along."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.awslambda import models

from runbooks.sandbox.estate import backends, roles

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

moto: Any = models  # its classes are abstract by their type hints only
RUNTIME = "nodejs18.x"
SECRET_LITERAL = "placeholder-signing-key"  # noqa: S105 - the platform ships a literal like this one; a scan has to find it
EMPTY_ZIP = base64.b64encode(b"PK\x05\x06" + bytes(18)).decode()


@dataclass(frozen=True, slots=True)
class Function:
    """One function: name and hash (together its logical id), handler, MB, seconds, median duration in ms, share of requests."""

    name: str
    digest: str
    handler: str
    memory: int = 128
    timeout: int = 3
    median: float = 90.0
    share: float = 0.0

    @property
    def logical(self) -> str:
        """The logical id in the stack."""
        return self.name + self.digest


FUNCTIONS = (
    Function("AuthFunction", "A1CD5E0F", "auth-service/index.handler", median=240.0, share=0.10),
    Function("ListingFunction", "877540C6", "listing/index.handler", median=84.0, share=0.46),
    Function("SearchFunction", "EC64A147", "search/index.handler", median=132.0, share=0.22),
    Function("MediaFunction", "D33228E9", "media/index.handler", median=160.0, share=0.04),
    Function("EmailFunction", "52F369C4", "email/index.handler", median=190.0, share=0.01),
    Function("StatsFunction", "E4A6FC3A", "stats-service/index.handler", median=105.0, share=0.07),
    Function("AdminFunction", "09BA95C5", "admin-service/index.handler", memory=512, timeout=30, median=150.0, share=0.10),
    Function("CustomCDKBucketDeployment", "8693BB64968944B69AAFB0CC9EB8756C81C01536", "index.handler", memory=1024, timeout=900),
    Function("CustomVpcRestrictDefaultSG", "CustomResourceProviderHandlerDC833E5E", "__entrypoint__.handler", timeout=900),
)
SERVICES = FUNCTIONS[:7]


def build(account: Account) -> None:
    """Create the functions with their roles; last modified when the stack was last updated."""
    backend = backends.of(account, "lambda")
    at = account.clock.now() - timedelta(days=12, hours=3)
    for function in FUNCTIONS:
        physical = account.names[function.name]
        made = moto.LambdaFunction(
            account.environment.account, _spec(account, function, physical), account.environment.region, version="$LATEST"
        )
        made.last_modified = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        digest = hashlib.sha256(f"{account.environment.stack}/{function.logical}".encode()).digest()
        made.code_sha_256, made.code_size = base64.b64encode(digest).decode(), 180_000 + digest[0] * 4096
        backend._lambdas.put_function(made)  # noqa: SLF001 - the only way in that does not take a zip file


def variables(account: Account, function: Function) -> dict[str, str]:
    """Return the variables the stack sets: names of tables, and what the platform keeps in plain sight."""
    listings, users = {"LISTINGS_TABLE": "boat-listings"}, {"USERS_TABLE": "boat-users"}
    audit = {"AUDIT_LOGS_TABLE": "boat-audit-logs"}
    attempts = {"LOGIN_ATTEMPTS_TABLE": "boat-login-attempts"}
    literal = {"JWT_SECRET": SECRET_LITERAL}
    bucket = account.names["media_bucket"]
    suffix = account.environment.suffix
    production = suffix == "prod"
    return {
        "AuthFunction": {**users, **literal, "SESSIONS_TABLE": "boat-admin-sessions", **audit, **attempts},
        "ListingFunction": {**listings, **users, **literal},
        "SearchFunction": {**listings, **users},
        "MediaFunction": {"MEDIA_BUCKET": bucket, "THUMBNAILS_BUCKET": bucket},
        "StatsFunction": {**listings, **users, "REVIEWS_TABLE": "boat-reviews"},
        "AdminFunction": {
            **listings, **users, **audit, "ADMIN_SESSIONS_TABLE": "boat-admin-sessions", **attempts,
            "JWT_SECRET_ARN": account.names["secret_arn"], "ENVIRONMENT": suffix,
            "NODE_ENV": "production" if production else "development", "LOG_LEVEL": "warn" if production else "debug",
            "SESSION_TIMEOUT_MINUTES": "60", "MAX_LOGIN_ATTEMPTS": "5", "LOGIN_ATTEMPT_WINDOW_MINUTES": "15",
        },
    }.get(function.name, {})  # fmt: skip


def _spec(account: Account, function: Function, physical: str) -> dict[str, object]:
    return {
        "FunctionName": physical,
        "Handler": function.handler,
        "Role": roles.arn_of(account, function.name),
        "Runtime": RUNTIME if function.share else ("python3.11" if "Bucket" in function.name else "nodejs20.x"),
        "MemorySize": function.memory,
        "Timeout": function.timeout,
        "Environment": {"Variables": variables(account, function)},
        "Code": {"ZipFile": EMPTY_ZIP},
    }
