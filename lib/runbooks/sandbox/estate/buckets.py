"""The two buckets: media with open CORS, and the frontend as a public website whose error page is its start page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.s3.models import s3_backends

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

WEBSITE = (
    b'<WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IndexDocument><Suffix>index.html</Suffix></IndexDocument>'
    b"<ErrorDocument><Key>index.html</Key></ErrorDocument></WebsiteConfiguration>"
)
OPEN = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
SHUT = dict.fromkeys(OPEN, True)


def build(account: Account) -> None:
    """Create both buckets."""
    backend = backends.of(account, "s3")
    media, frontend = account.names["media_bucket"], account.names["frontend_bucket"]
    for name in (media, frontend):
        s3_backends.bucket_accounts.pop(name, None)  # moto remembers names of all accounts, also after a reset
        backend.create_bucket(name, account.environment.region)
    backend.put_public_access_block(media, SHUT)
    rule = {"AllowedOrigin": "*", "AllowedMethod": ["GET", "POST", "PUT"], "AllowedHeader": "*", "MaxAgeSeconds": "3000"}
    backend.put_bucket_cors(media, [rule])
    backend.put_public_access_block(frontend, OPEN)
    backend.put_bucket_website(frontend, WEBSITE)
    backend.put_bucket_policy(frontend, public_policy(frontend))


def public_policy(bucket: str) -> bytes:
    """Return the policy that lets everybody read a bucket."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
