"""A million table rows and a million log lines through the sources that tally them: peak memory, time, rows a second.

python -m tests.benchmarks.streams [COUNT]          exits 1 when the reading process was ever larger than LARGEST

The pages come from a server in a process of its own, which has them ready: what is measured is the reading.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runbooks import settings
from runbooks.gateway import Endpoint, open_reader
from runbooks.model import Window
from runbooks.settings import Settings

COUNT = 1_000_000
LARGEST = 350  # MB, all imports included
ROWS, LINES = 4_000, 10_000  # of a page: what fits into AWS's megabyte, and what FilterLogEvents returns at most
FUNCTIONS, SEGMENTS = 20, 4
START = datetime(2026, 11, 24, tzinfo=UTC)
SCOPE = Settings(settings.load("sandbox"), START + timedelta(days=1), Window(start=START, end=START + timedelta(days=1)))
KINDS = ("rows", "lines")


class Pages(BaseHTTPRequestHandler):
    """AWS, as far as these sources ask it: tables and logs of `total` entries, and a stack of functions."""

    protocol_version = "HTTP/1.1"
    total = COUNT

    def do_POST(self) -> None:
        """Answer DynamoDB, CloudWatch Logs and CloudFormation."""
        given = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers.get("X-Amz-Target", "").partition(".")[2]
        if operation == "Scan":
            asked = json.loads(given)
            number = int(asked.get("ExclusiveStartKey", {}).get("id", {}).get("S", "0")) + 1
            last = number * ROWS * SEGMENTS >= self.total
            self._answer(ROWS_PAGE, b"}" if last else b',"LastEvaluatedKey":{"id":{"S":"%d"}}}' % number)
        elif operation == "DescribeTable":
            self._answer(b'{"Table":{"KeySchema":[{}],"TableSizeBytes":%d,"ItemCount":%d}}' % (self.total * 250, self.total))
        elif operation == "FilterLogEvents":
            number = int(json.loads(given).get("nextToken", "0")) + 1
            last = number * LINES * FUNCTIONS >= self.total
            self._answer(LINES_PAGE, b"}" if last else b',"nextToken":"%d"}' % number)
        else:
            self._answer(STACK)

    def do_GET(self) -> None:
        """Answer Lambda."""
        self._answer(b"{}")

    def _answer(self, *parts: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(sum(map(len, parts))))
        self.end_headers()
        for part in parts:
            self.wfile.write(part)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _rows() -> bytes:
    """Return a page of audit rows as a Scan projects them."""
    rows = [
        {
            "timestamp": {"S": f"2026-11-24T{i % 24:02d}:{i % 60:02d}:{i * 7 % 60:02d}.{i % 1000:03d}Z"},
            "action": {"S": ("ADMIN_ACCESS", "USER_LOGIN", "VIEW_USERS", "FAILED_LOGIN_ATTEMPT", "TOKEN_REFRESH")[i % 5]},
            "details": {"M": {"statusCode": {"N": "200" if i % 50 else "403"}}},
        }
        for i in range(ROWS)
    ]
    page = {"Count": ROWS, "ScannedCount": ROWS, "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 128.5}, "Items": rows}
    return json.dumps(page, separators=(",", ":")).encode()[:-1]


def _lines() -> bytes:
    """Return a page of log events: reports, and an error among fifty."""
    events = []
    for i in range(LINES):
        request = f"8d0fe6a4-5a3c-4b1e-9d70-{i:012d}"
        took = 20 + i * 37 % 3000 / 7
        message = (
            f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\tMemory Size: 512 MB\t"
            f"Max Memory Used: {90 + i % 20} MB\t" + (f"Init Duration: {300 + i % 200}.10 ms\t" if i % 40 == 0 else "") + "\n"
            if i % 50
            else f"2026-11-24T12:00:00.000Z\t{request}\tERROR\tAuthentication error: TokenExpiredError: jwt expired\n"
        )
        events.append({
            "logStreamName": "2026/11/24/[$LATEST]0a1b2c3d4e5f60718293a4b5c6d7e8f9", "timestamp": 1_796_000_000_000 + i,
            "message": message, "ingestionTime": 1_796_000_000_900 + i, "eventId": f"{38_000_000_000_000_000_000 + i}",
        })  # fmt: skip
    return json.dumps({"searchedLogStreams": [], "events": events}, separators=(",", ":")).encode()[:-1]


def _stack() -> bytes:
    """Return a stack of functions, in CloudFormation's XML."""
    member = (
        "<member><LogicalResourceId>F{0}</LogicalResourceId><PhysicalResourceId>function-{0}</PhysicalResourceId><ResourceType>"
        "AWS::Lambda::Function</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
    )
    members = "".join(member.format(i) for i in range(FUNCTIONS))
    return (
        '<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListStackResourcesResult>'
        f"<StackResourceSummaries>{members}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>"
    ).encode()


ROWS_PAGE, LINES_PAGE, STACK = b"", b"", b""


def serve(total: int) -> None:
    """Serve tables and logs of `total` entries until the process is ended; print the port first."""
    global ROWS_PAGE, LINES_PAGE, STACK
    ROWS_PAGE, LINES_PAGE, STACK = _rows(), _lines(), _stack()
    Pages.total = total
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


@contextmanager
def served(total: int) -> Iterator[str]:
    """Have such a server as a process, and yield its address."""
    command = [sys.executable, "-m", "tests.benchmarks.streams", "serve", str(total)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.wait()


def read(kind: str, address: str) -> dict[str, Any]:
    """Read one of KINDS from the server in this process; return how many came, how long it took and how large it grew."""
    from runbooks.sources import audit, logs

    reader = open_reader(SCOPE.environment, Endpoint(aws=address, credentials=("key", "secret"), limited=False)).scoped(
        seconds=3600
    )
    before, began, cpu = peak(), time.monotonic(), time.process_time()
    if kind == "rows":
        (trail,) = audit.trail(reader, SCOPE)
        count = sum(tally.count for tally in trail.tallies)
    else:
        count = sum(row.reading.rows for row in logs.invocations(reader, SCOPE))
    if reader.blind:
        raise SystemExit(reader.blind[0].sentence)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    return {"count": count, "seconds": seconds, "cpu": cpu, "before": before, "peak": peak()}


def peak() -> float:
    """Return the largest this process has been, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, address: str) -> dict[str, Any]:
    """Read in a process of its own, so that one reading's memory is not another's."""
    command = [sys.executable, "-m", "tests.benchmarks.streams", "read", kind, address]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    return dict(json.loads(done.stdout))


def main(total: int) -> int:
    """Print the figures of both; return 1 when either grew too large."""
    largest = 0.0
    with served(total) as address:
        for kind in KINDS:
            found = measure(kind, address)
            largest = max(largest, found["peak"])
            sys.stdout.write(
                f"{found['count']:>9,} {kind:<6} {found['seconds']:6.1f} s  {found['cpu']:6.1f} s cpu  "
                f"{found['count'] / found['seconds']:>8,.0f}/s  {1e6 * found['cpu'] / found['count']:5.1f} us cpu each  "
                f"peak {found['peak']:4.0f} MB ({found['before']:.0f} MB before the first page), at most {LARGEST}\n"
            )
    return int(largest > LARGEST)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", total]:
            serve(int(total))
        case ["read", kind, address]:
            sys.stdout.write(json.dumps(read(kind, address)))
        case [*rest]:
            sys.exit(main(int(rest[0]) if rest else COUNT))
