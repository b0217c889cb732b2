"""A million audit rows and a million attempts to log in through the sources of security-monitoring: memory, time, requests.

python -m tests.benchmarks.trails [COUNT]          exits 1 when the reading process was ever larger than LARGEST

The requests stand beside those of the document's `aws dynamodb scan`, on the same table: thirty days of rows, of which one is asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runbooks.gateway import Endpoint, open_reader
from tests.benchmarks.streams import ROWS, SCOPE, SEGMENTS, Pages, peak

COUNT = 1_000_000
LARGEST = 600  # MB, all imports included
DAYS = 30
UNITS = 128.5  # of a page
KINDS = ("shapes of audit rows", "acts of administrators", "attempts to log in")
MARK = b"@@@@@@"


class Tables(Pages, BaseHTTPRequestHandler):
    """The event tables: of `total` rows all in the window, or with `spread` a thirtieth of them."""

    spread = False
    pages: dict[str, bytes]

    def do_POST(self) -> None:
        """Answer DynamoDB."""
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation, table = self.headers["X-Amz-Target"].partition(".")[2], given["TableName"]
        number = int(given.get("ExclusiveStartKey", {}).get("id", {}).get("S", "0")) + 1
        if operation == "DescribeTable":
            self._answer(
                json.dumps({"Table": {"KeySchema": [{}], "TableSizeBytes": self.total * 250, "ItemCount": self.total}}).encode()
            )
        elif table == "boat-users" or (operation == "Query" and given["ExpressionAttributeValues"][":key"]["S"] not in self.pages):
            self._answer(b'{"Items":[],"Count":0,"ScannedCount":1,"ConsumedCapacity":{"CapacityUnits":0.5}}')
        elif operation == "Query":
            rows = self.total // DAYS if self.spread else self.total
            self._page(given["ExpressionAttributeValues"][":key"]["S"], number, last=number * ROWS >= rows)
        else:
            self._page(table, number, last=number * ROWS * SEGMENTS >= self.total, segment=given["Segment"])

    def _page(self, name: str, number: int, *, last: bool, segment: int = 0) -> None:
        page = self.pages[name].replace(MARK, b"%d%05d" % (segment, number))
        self._answer(page, b"}" if last else b',"LastEvaluatedKey":{"id":{"S":"%d"}}}' % number)


def _stamp(i: int) -> dict[str, str]:
    return {"S": f"2026-11-24T{i % 24:02d}:{i % 60:02d}:{i * 7 % 60:02d}.{i % 1000:03d}Z"}


def _audit(i: int, action: str) -> dict[str, Any]:
    details = {
        "path": {"S": f"/admin/users/{i % 40}"},
        "method": {"S": "GET"},
        "statusCode": {"N": "200"},
        "locked": {"BOOL": False},
    }
    return {
        "timestamp": _stamp(i), "action": {"S": action}, "userId": {"S": f"8d0fe6a4-5a3c-4b1e-9d70-{i % 200:012d}"},
        "userEmail": {"S": f"p{i % 200}@staff.example.com"}, "resource": {"S": "admin_endpoint"}, "sessionId": {"S": "s"},
        "ipAddress": {"S": f"172.68.{i % 9}.{i % 250}"}, "userAgent": {"S": f"Mozilla/5.0 ({i % 12})"}, "details": {"M": details},
    }  # fmt: skip


def _attempt(i: int) -> dict[str, Any]:
    """Every e-mail is another one: as dear as it can be."""
    return {
        "timestamp": _stamp(i), "email": {"S": f"somebody{MARK.decode()}{i}@example.com"}, "success": {"BOOL": False},
        "ipAddress": {"S": f"172.68.{i % 9}.{i % 250}"}, "userAgent": {"S": f"Mozilla/5.0 ({i % 12})"},
    }  # fmt: skip


def _packed(rows: list[dict[str, Any]]) -> bytes:
    page = {"Count": ROWS, "ScannedCount": ROWS, "ConsumedCapacity": {"TableName": "t", "CapacityUnits": UNITS}, "Items": rows}
    return json.dumps(page, separators=(",", ":")).encode()[:-1]


def serve(total: int, *, spread: bool) -> None:
    """Serve the tables until the process is ended; print the port first."""
    Tables.total, Tables.spread = total, spread
    Tables.pages = {
        "boat-audit-logs": _packed([_audit(i, "ADMIN_ACCESS") for i in range(ROWS)]),
        "boat-login-attempts": _packed([_attempt(i) for i in range(ROWS)]),
        **{action: _packed([_audit(i, action) for i in range(ROWS)]) for action in ("ADMIN_ACCESS",)},
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tables)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


@contextmanager
def served(total: int, *, spread: bool = False) -> Iterator[str]:
    """Have such a server as a process, and yield its address."""
    command = [sys.executable, "-m", "tests.benchmarks.trails", "serve", str(total), str(int(spread))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.wait()


def read(kind: str, address: str) -> dict[str, Any]:
    """Read one of KINDS in this process, and judge it; return rows, seconds, requests, read units, and how large it grew."""
    from runbooks.checks import admins as judged_admins
    from runbooks.checks import logins as judged_logins
    from runbooks.sources import admins, attempts, events

    endpoint = Endpoint(aws=address, credentials=("key", "secret"), limited=False)
    reader = open_reader(SCOPE.environment, endpoint).scoped(seconds=3600)
    before, began = peak(), time.monotonic()
    if kind == KINDS[0]:
        reading = admins._audit_rows(reader, SCOPE).reading
    elif kind == KINDS[1]:
        (acts,) = admins.acts(reader, SCOPE)
        reading = acts.reading
        judged_admins.denials_few([acts], SCOPE)
    else:
        from runbooks.estate import LoginTrail

        parts, reading = events.scan(
            reader, "boat-login-attempts", ("email",), attempts.Attempts, where=events.WITHIN, values=events.within(SCOPE)
        )
        rows = attempts.Attempts()
        while parts:
            rows.join(parts.pop())
        limits, until = SCOPE.environment.security.logins, SCOPE.window.end.timestamp()
        plain = rows.failures(0)
        found, unpaired = attempts.logins(rows, (), attempts.Accounts(), limits, until=until)
        trail = LoginTrail("boat-login-attempts", tuple(found), plain, unpaired, 0, reading)
        for check in (judged_logins.no_brute_force, judged_logins.no_credential_stuffing, judged_logins.no_slow_spray):
            check([trail], SCOPE)
    if reader.blind:
        raise SystemExit(reader.blind[0].sentence)
    about = {"rows": reading.rows, "seconds": time.monotonic() - began, "before": before, "peak": peak()}
    return {**about, "requests": sum(reader.counts().values()), "units": reading.capacity}


def measure(kind: str, address: str) -> dict[str, Any]:
    """Read in a process of its own, so that one reading's memory is not another's."""
    command = [sys.executable, "-m", "tests.benchmarks.trails", "read", kind, address]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    return dict(json.loads(done.stdout))


def main(total: int) -> int:
    """Print the figures; return 1 when a reading grew too large."""
    largest = 0.0
    with served(total) as address:
        for kind in KINDS:
            found = measure(kind, address)
            largest = max(largest, found["peak"])
            sys.stdout.write(
                f"{found['rows']:>9,} {kind:<24} {found['seconds']:6.1f} s  {found['requests']:>4} requests  "
                f"peak {found['peak']:4.0f} MB ({found['before']:.0f} MB before the first page), at most {LARGEST}\n"
            )
    with served(total, spread=True) as address:
        found = measure(KINDS[1], address)
    pages = -(-total // ROWS)
    sys.stdout.write(
        f"{total:,} audit rows of {DAYS} days, one day asked for: {found['requests']} requests and {found['units']:,.0f} read units "
        f"by the index; the document's scan makes {pages} requests for {pages * UNITS:,.0f} read units\n"
    )
    return int(largest > LARGEST)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", total, spread]:
            serve(int(total), spread=spread == "1")
        case ["read", kind, address]:
            sys.stdout.write(json.dumps(read(kind, address)))
        case [*rest]:
            sys.exit(main(int(rest[0]) if rest else COUNT))
