"""The admin signing secret: a JSON text with user name and password, never rotated."""

from __future__ import annotations

import json
import string
from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import backends, chance, items

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

LETTERS = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"  # without " @ / and the backslash


def build(account: Account) -> None:
    """Create the secret, with the ARN that the functions already know."""
    dice = chance.dice(items.seed_of(account), "secret")
    backend = backends.of(account, "secretsmanager")
    text = json.dumps({"username": "admin", "password": chance.word(dice, 32, LETTERS)})
    name = account.names["secret_name"]
    backend.create_secret(
        name, secret_string=text, secret_binary=None, description="JWT secret for admin authentication", tags=None, kms_key_id=None,
        client_request_token=chance.uuid4(dice), replica_regions=[], force_overwrite=False,
    )  # fmt: skip
    secret = backend.secrets[name]
    secret.arn = account.names["secret_arn"]
    secret.created_date = secret.last_changed_date = (account.clock.now() - timedelta(days=44)).timestamp()
