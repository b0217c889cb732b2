"""How the tests speak to a sandbox in this process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from runbooks.sandbox import server
    from runbooks.sandbox.accounts import Account

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOKEN = "token-of-the-tests"


@dataclass(frozen=True)
class Aws:
    """A running sandbox of one account, `account`, and how to speak to it."""

    url: str
    app: server.Sandbox
    account: Account

    def client(self, service: str, **config: Any) -> Any:
        """Return a boto3 client of the account; one attempt, unless told otherwise."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.account.environment.region,
            aws_access_key_id=f"sandbox-{self.account.environment.account}",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )
