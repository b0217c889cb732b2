"""Planted secrets: kinds of secret, shapes in which a run shows them, and ordinary text that must stay. Always the same for a seed.

Every secret here is generated and opens nothing.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

import pandas as pd

LETTERS = string.ascii_letters + string.digits
B64 = LETTERS + "+/"


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret: what shows it (`text`), the part of it that must not be seen (`core`), and the name that it stands under."""

    kind: str
    name: str
    text: str
    core: str

    @property
    def personal(self) -> bool:
        """Personal data, not a key to anything."""
        return self.kind in {"e-mail", "phone"}


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret in a text."""

    secret: Secret
    shape: str
    text: str

    def leaks(self, shown: str) -> bool:
        """Say whether eight characters in a row of the secret can still be read, with escapes and colours taken away."""
        core = self.secret.core
        plain = html.unescape(unquote(re.sub(r"\x1b\[\d*m", "", shown)))
        return any(core[i : i + 8] in plain for i in range(len(core) - 7))


def secrets(seed: int = 20251001) -> list[Secret]:
    """One of each kind."""
    dice = random.Random(seed)  # noqa: S311 - the same corpus each time is the point

    def some(alphabet: str, count: int) -> str:
        return "".join(dice.choices(alphabet, k=count))

    def whole(kind: str, name: str, text: str) -> Secret:
        return Secret(kind, name, text, text)

    def within(kind: str, name: str, pattern: str, core: str) -> Secret:
        return Secret(kind, name, pattern.replace("@@", core), core)

    def part(fields: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    jwt = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': some(LETTERS, 12), 'role': 'admin'})}.{some(LETTERS + '-_', 43)}"
    der = "MIIEpAIBAAKCAQEA" + some(B64, 400)
    pem = "\n".join(
        ["-----BEGIN RSA PRIVATE KEY-----", *(der[i : i + 64] for i in range(0, len(der), 64)), "-----END RSA PRIVATE KEY-----"]
    )
    basic = base64.b64encode(f"admin:{some(LETTERS, 14)}".encode()).decode()
    password = some(LETTERS + "!#%*-_", 20)
    words = "Tr0ub4dor&3"
    return [
        whole("AWS access key id", "AWS_ACCESS_KEY_ID", "AKIA" + some("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
        whole("AWS secret key", "AWS_SECRET_ACCESS_KEY", some(B64, 40)),
        whole("AWS session token", "AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2Vj" + some(B64, 220) + "=="),
        whole("JWT", "accessToken", jwt),
        whole("JWT signing secret", "JWT_SECRET", some(LETTERS, 32)),
        whole("bcrypt hash", "password", "$2b$10$" + some("./" + LETTERS, 53)),
        Secret("PEM private key", "private_key", pem, der),
        Secret("PEM in one line", "tls_private_key", pem.replace("\n", "\\n"), der),
        within("connection string", "DATABASE_URL", "postgres://harbor:@@@db.harborlist.com:5432/boats", some(LETTERS, 18)),
        within("connection string (ADO)", "CONNECTION_STRING", "Server=db;User Id=harbor;Password=@@;", some(LETTERS, 18)),
        within("bearer header", "Authorization", "Bearer @@", some(LETTERS + "-_", 43)),
        within("basic header", "Authorization", "Basic @@", basic),
        within("cookie", "Cookie", "theme=dark; sid=@@; lang=en", some(LETTERS, 32)),
        within("set-cookie", "Set-Cookie", "session=@@; HttpOnly; Path=/", some(LETTERS, 32)),
        whole("session id", "sessionId", some("0123456789abcdef", 32)),
        whole("generated password", "password", password),
        whole("chosen password", "DB_PASSWORD", words),
        whole("API key", "x-api-key", some(LETTERS, 40)),
        whole("Slack token", "SLACK_TOKEN", f"xoxb-{some(string.digits, 12)}-{some(string.digits, 12)}-{some(LETTERS, 24)}"),
        within("Slack webhook", "webhook", "https://hooks.slack.com/services/@@", f"T{some(LETTERS, 8)}/B{some(LETTERS, 8)}/{some(LETTERS, 24)}"),
        whole("GitHub token", "GITHUB_TOKEN", "ghp_" + some(LETTERS, 36)),
        whole("npm token", "NPM_TOKEN", "npm_" + some(LETTERS, 36)),
        whole("Stripe key", "STRIPE_SECRET_KEY", "sk_live_" + some(LETTERS, 24)),
        within("Secrets Manager JSON", "SecretString", '{"username": "admin", "password": "@@"}', some(LETTERS + "!#%*-_", 32)),
        whole("TOTP seed", "mfaSecret", some("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32)),
        within("otpauth URL", "otp_url", "otpauth://totp/HarborList:admin?secret=@@&issuer=HarborList", some("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32)),
        within("presigned URL", "url", "https://media.s3.amazonaws.com/boat.jpg?X-Amz-Expires=900&X-Amz-Signature=@@", some("0123456789abcdef", 64)),
        within("basic auth in a URL", "url", "https://deploy:@@@registry.harborlist.com/v2/", some(LETTERS, 20)),
        within("tunnel credentials", "credentials_file", '{"AccountTag": "4c1f", "TunnelSecret": "@@", "TunnelID": "7d3e"}', some(B64, 43) + "="),
        Secret("e-mail", "email", "margaret.hamilton@example.com", "argaret.hamilton"),
        Secret("phone", "phone", "+1 555 010 4477", "555 010 4477"),
    ]  # fmt: skip


def _pem_safe(text: str) -> str:
    return text.replace("\n", "\\n")


def _aligned(secret: Secret) -> str:
    frame = pd.DataFrame({"id": ["u-1", "u-2"], secret.name: [_pem_safe(secret.text), "none"], "status": ["active", "banned"]})
    with pd.option_context("display.max_colwidth", None, "display.width", None):
        return str(frame.to_string())


def _cut(secret: Secret) -> str:
    return str(pd.DataFrame({"id": ["u-1"], secret.name: [_pem_safe(secret.text)]}).to_string(max_colwidth=20))


SHAPES: dict[str, Callable[[Secret], str]] = {
    "print": lambda s: s.text,
    "print with name": lambda s: f"{s.name}: {s.text}",
    "JSON": lambda s: json.dumps({"id": "u-1", s.name: s.text, "status": "active"}, indent=1),
    "JSON in JSON": lambda s: json.dumps({"body": json.dumps({"id": 1, s.name: s.text, "status": "active"})}),
    "repr": lambda s: repr({"id": "u-1", s.name: s.text, "status": "active"}),
    "DynamoDB item": lambda s: repr({"id": {"S": "u-1"}, s.name: {"S": s.text}, "status": {"S": "active"}}),
    "log line": lambda s: f"2025-10-01T12:34:56.789Z\t3f2b9c1e-0d0a-4b7e-9a51-1c2d3e4f5a6b\tERROR\tlogin {s.name}={_pem_safe(s.text)} refused",
    "query": lambda s: f"GET https://api.harborlist.com/v1/login?{s.name}={quote(s.text, safe='')}&page=2 200",
    "header": lambda s: f"> Host: api.harborlist.com\n> {s.name}: {_pem_safe(s.text)}\n> Accept: */*",
    "traceback": lambda s: f'  File "cell.py", line 3, in <module>\n    client = connect({s.name.replace("-", "_")}={s.text!r})\nTypeError: refused',
    "environment": lambda s: f"HOME=/home/runner\n{s.name}={_pem_safe(s.text)}\nLANG=C.UTF-8\n",
    "YAML": lambda s: f"auth:\n  {s.name}: {_pem_safe(s.text)}\n  retries: 3\n",
    "YAML quoted": lambda s: f"auth:\n  - {s.name}: {json.dumps(s.text)}\n    retries: 3\n",
    "CSV": lambda s: f"id,{s.name},status\nu-1,{_csv(s.text)},active\nu-2,none,banned\n",
    "pandas": _aligned,
    "pandas, cut": _cut,
    "HTML table": lambda s: f"<tr><th>{s.name}</th><td>{s.text.replace('&', '&amp;').replace(chr(34), '&quot;')}</td></tr>",
    "coloured": lambda s: f"\x1b[1m{s.name}\x1b[0m=\x1b[32m{_pem_safe(s.text)[:7]}\x1b[33m{_pem_safe(s.text)[7:]}\x1b[0m",
    "option": lambda s: f"$ deploy --{s.name} '{_pem_safe(s.text)}' --wait",
    "Name and Value": lambda s: json.dumps([{"Name": s.name, "Value": s.text}]),
    "Variables": lambda s: json.dumps({"Environment": {"Variables": {s.name: s.text, "STAGE": "prod"}}}),
    "base64": lambda s: base64.b64encode(json.dumps({s.name: s.text}).encode()).decode(),
}  # fmt: skip


def _csv(text: str) -> str:
    text = _pem_safe(text)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text


PACKED = frozenset({"base64", "hex", "gzip", "wrapped", "JSON in JSON"})  # not readable as they stand, but still there


def _wrapped(text: str) -> str:
    return "\n".join(text[i : i + 60] for i in range(0, len(text), 60))


# Written after the rules, and not used to mend them: what the rules make of shapes that nobody had in mind.
HELD_OUT: dict[str, Callable[[Secret], str]] = {
    "INI": lambda s: f"[client]\nuser = harbor\n{s.name} = {_pem_safe(s.text)}\n",
    "Terraform": lambda s: f'resource "x" "y" {{\n  {s.name}   = {json.dumps(s.text)}\n}}',
    "JavaScript": lambda s: f"const client = connect({{ user: 'harbor', {s.name.replace('-', '_')}: {s.text!r} }});",
    "dataclass": lambda s: f"Client(user='harbor', {s.name.replace('-', '_')}={s.text!r}, retries=3)",
    "docker inspect": lambda s: json.dumps({"Env": ["LANG=C", f"{s.name}={s.text}"]}),
    "shell trace": lambda s: f"+ export {s.name}='{_pem_safe(s.text)}'\n+ ./deploy.sh",
    "PowerShell": lambda s: f'$env:{s.name} = "{_pem_safe(s.text)}"',
    "XML": lambda s: f"<config><{s.name}>{html.escape(s.text)}</{s.name}></config>",
    "rows of pairs": lambda s: repr([("id", "u-1"), (s.name, s.text)]),
    "Markdown": lambda s: f"| name | value |\n| --- | --- |\n| {s.name} | {_pem_safe(s.text)} |",
    "diff": lambda s: f"-{s.name}: none\n+{s.name}: {_pem_safe(s.text)}",
    "sentence": lambda s: f"the {s.name} is now {_pem_safe(s.text)}, please change it",
    "hex": lambda s: json.dumps({s.name: s.text}).encode().hex(),
    "gzip": lambda s: base64.b64encode(gzip.compress(json.dumps({s.name: s.text}).encode(), mtime=0)).decode(),
    "wrapped": lambda s: _wrapped(json.dumps({"id": "u-1", s.name: s.text})),
}


def held_out(seed: int = 4711) -> Iterator[Planted]:
    """Every kind in every shape that was held out; also another seed."""
    yield from _plant(HELD_OUT, seed)


def _plant(shapes: dict[str, Callable[[Secret], str]], seed: int) -> Iterator[Planted]:
    """Leave out what a shape has hidden by itself: pandas cuts a private key before its first secret character."""
    for secret in secrets(seed):
        for shape, build in shapes.items():
            each = Planted(secret, shape, build(secret))
            if shape in PACKED or each.leaks(each.text):
                yield each


def planted(seed: int = 20251001) -> Iterator[Planted]:
    """Every kind in every shape."""
    yield from _plant(SHAPES, seed)


def ordinary() -> list[str]:
    """Text that a report is made of, and that must come through untouched."""
    return ORDINARY


ORDINARY = [
    "arn:aws:lambda:us-east-1:111122223333:function:BoatListingStack-prod-AdminFunction09BA95C5-1A2B3C4D5E6F",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:boat-listing-admin-jwt-prod-AbCdEf",
    "JWT_SECRET_ARN=arn:aws:secretsmanager:us-east-1:111122223333:secret:boat-listing-admin-jwt-prod-AbCdEf",
    "arn:aws:iam::111122223333:role/BoatListingStack-prod-AdminFunctionServiceRoleD1B4C2A3-9X8Y7Z6W5V4U",
    "arn:aws:dynamodb:us-east-1:111122223333:table/boat-users/backup/01541085123456-a1b2c3d4",
    "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
    '{"Account": "111122223333", "Arn": "arn:aws:sts::111122223333:assumed-role/runbooks-reader/oncall"}',
    "account 111122223333, region us-east-1, environment production",
    "RequestId: 3f2b9c1e-0d0a-4b7e-9a51-1c2d3e4f5a6b Duration: 12.34 ms Billed Duration: 13 ms Memory Size: 512 MB",
    "x-amzn-RequestId: 8c6a3f7e-2b1d-4c5e-9f0a-7d6e5c4b3a29",
    "x-amz-id-2: Zm9vYmFy/abcdEFGH1234ijklMNOP5678qrstUVWX9012yzABCD3456efghIJKL7890mnop=",
    '"CodeSha256": "q1w2E3r4T5y6U7i8O9p0A1s2D3f4G5h6J7k8L9z0X1c="',
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    'ETag: "d41d8cd98f00b204e9800998ecf8427e-12"',
    "commit 9432363a1b2c3d4e5f60718293a4b5c6d7e8f901",
    '"RevisionId": "0d6a1f0e-7a3b-4c1d-8e2f-5b9c7a6d4e3f"',
    '{"NextToken": "eyJ2IjoiMiIsIm4iOiIxMjM0NTY3ODkwIn0="}',
    "nextForwardToken='f/37212345678901234567890123456789012345678901234567890123/s'",
    "2025-10-01T12:34:56.789Z",
    "from 2025-10-01 00:00 to 2025-10-02 00:00 (UTC), 24 hours",
    "2025-10-01T12:34:56+00:00 and epoch 1759322096789",
    "instance i-0abc123def4567890 in subnet-0a1b2c3d4e5f67890, ami-0123456789abcdef0",
    "BoatListingStack-prod-AdminFunction09BA95C5-1A2B3C4D5E6F: Active, 512 MB, nodejs18.x",
    "certificate serial 0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9",
    "serial number 2f1c6b9d8e7a4f3b2c1d0e9f8a7b6c5d4e3f2a1b",
    "https://api.harborlist.com/health answered 200 in 84 ms",
    "https://harborlist.com/listings?page=2&sort=price&state=FL",
    "http://127.0.0.1:8443/_sandbox/status",
    '{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}',
    '{"Sid": "ReadTables1", "Effect": "Allow", "Action": ["dynamodb:Scan", "dynamodb:Query"], "Resource": "*"}',
    "sts:GetSessionToken: denied: no identity-based policy allows the sts:GetSessionToken action",
    "secretsmanager:RotateSecret on boat-listing-admin-jwt-prod: throttled: Rate exceeded",
    "User: arn:aws:sts::111122223333:assumed-role/reader/x is not authorized to perform: secretsmanager:DescribeSecret on resource: *",
    base64.b64encode(b"The quick brown fox jumps over the lazy dog, twice a day.").decode(),
    base64.b64encode(b'{"listing": "Sea Ray 320", "price": 84000}').decode(),
    "boto3 1.44.5, botocore 1.44.5, Python 3.11.7, pandas 3.1.1, lodash@4.17.21",
    "secret boat-listing-admin-jwt-prod: not rotated for 412 days, limit 90",
    "the secret's last rotation was 2025-01-04; password policy: 14 characters",
    "Token: expired at 2025-10-01T12:00:00Z",
    "password: must be 12 characters or more",
    "password: unchanged",
    "Invalid password for 3 of 12 logins; forgot password: 2",
    "FAILED_LOGIN_ATTEMPT 5, PASSWORD_RESET_REQUESTED 2, TOKEN_REFRESH 118, MFA_VERIFIED 41",
    '{"action": "PASSWORD_RESET_COMPLETED", "resource": "security", "userId": "system"}',
    "def login(user: str, password: str, token: str | None = None) -> bool:",
    "session.client('lambda').get_function(FunctionName=name)",
    'secret = client.get_secret_value(SecretId="boat-listing-admin-jwt-prod")',
    'password = os.environ["DB_PASSWORD"]',
    "token = self._token",
    "connect(password=password, token=token)",
    "passwordLastUsed: 2025-09-30, PasswordEnabled: true, password_policy: strict",
    "PASS 12, WARN 2, FAIL 0; pass=12 fail=0 skip=1",
    "PWD=/home/runner\nOLDPWD=/\nHOME=/home/runner",
    "Authorization: missing",
    "Bearer authentication is required",
    "Basic authentication is off; basic information follows",
    "X-Amz-Date=20251001T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host",
    "max_tokens=4096, prompt_tokens: 1234",
    "partition key: id (S); sort key: timestamp (S); index location-index",
    "s3://boat-listing-media-111122223333/listings/1759322096789-ab12cd34e/photo.jpg",
    "key: AWSLogs/111122223333/CloudTrail/us-east-1/2025/10/01/",
    "columns: ['id', 'email', 'password', 'token', 'secret']",
    "JWT_SECRET: missing, MEDIA_BUCKET: set",
    "variables: ['LISTINGS_TABLE', 'USERS_TABLE', 'JWT_SECRET_ARN']",
    '"requiredVariables": ["JWT_SECRET", "API_KEY"], "missing": ["JWT_SECRET"]',
    "a***@example.com tried 14 times from 203.0.113.7",
    "a***e@example.com locked until 2025-10-01T13:04:56.789Z",
    "listing 1759322096789-ab12cd34e: 320 views, price 84000",
    "p95 612 ms, limit 500 ms; 12 500 requests; +12.5 %; +0200",
    "growth 555.010.44 in 123-45-6789-0",
    "-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIJAKl3aK5Q2f8yMA0GCSqGSIb3DQEBCwUA\n-----END CERTIFICATE-----",
    "git@github.com:harborlist/platform.git",
    "npm_config_registry, npm_lifecycle_event, npm_package_version",
    "cloudflared tunnel 7d3e1f2a-4b5c-6d7e-8f90-a1b2c3d4e5f6 is healthy, credentials-file: /etc/cloudflared/cert.json",
    "digest 4f0c12ab9de3; approve with --approve 4f0c12ab9de3",
    "run 20251001T120000Z-4f0c12, journal head 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    "CloudFront E1A2B3C4D5E6F7 d111111abcdef8.cloudfront.net cf-ray: 8a1b2c3d4e5f6789-MIA",
    "Environment: 12 variables, sha256 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5",
    "ResourceNotFoundException: Secrets Manager can't find the specified secret: boat-listing-admin-jwt-dev.",
    "| check | status |\n| --- | --- |\n| token | unknown |\n| secret_rotation | 412 days |",
    "<th>secret</th><td>boat-listing-admin-jwt-prod</td>",
]  # fmt: skip
