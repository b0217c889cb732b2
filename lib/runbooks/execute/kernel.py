"""The IPython kernel of a run: ipykernel's own, in a forked process, joined to the process that drives it by two pipes.

    driver --requests--> kernel --messages--> driver         (one JSON object a line; see `driver`)

It has no sockets and no ports. What it imports later, it imports as a kernel: modules that look at their surroundings when they
are imported (pandas, matplotlib) and were imported before the fork are told what they would have seen.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import fcntl
import json
import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipykernel_launcher
import zmq
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.utils import _async_in_context
from jupyter_client.session import DELIM
from tornado.ioloop import IOLoop
from traitlets import Any as AnyTrait

INLINE = "module://matplotlib_inline.backend_inline"
OPTIONS = ["--HistoryManager.hist_file=:memory:"]  # nbclient's own
PARTS = ("header", "parent_header", "metadata", "content")


class Line:
    """The writing end of the messages, for the threads of the kernel and for the processes that a cell forks.

    Those write into a pipe of their own, in turns, which the kernel passes on line by line: one that is killed in the middle
    of a line spoils no line of another.
    """

    def __init__(self, out: int) -> None:
        self._out = out
        self._owner = os.getpid()
        self._rest = b""
        self._lock = threading.Lock()
        self._turn = os.memfd_create("turn")
        self.forked, self._forked_out = os.pipe()
        os.register_at_fork(after_in_child=self._after_fork)

    def write(self, line: bytes) -> None:
        """Write one line whole."""
        with self._lock:
            if os.getpid() == self._owner:
                _write_all(self._out, line)
                return
            fcntl.lockf(self._turn, fcntl.LOCK_EX)
            try:
                _write_all(self._forked_out, line)
            finally:
                fcntl.lockf(self._turn, fcntl.LOCK_UN)

    def pass_on(self, *_: object) -> None:
        """Pass on what the forked processes have written; called when there is something."""
        *lines, self._rest = (self._rest + os.read(self.forked, 1 << 16)).split(b"\n")
        for line in lines:
            if _is_whole(line):
                self.write(line + b"\n")

    def _after_fork(self) -> None:
        self._lock = threading.Lock()


class Channel:
    """What ipykernel takes for a socket: it writes each message as one line that names the channel."""

    def __init__(self, name: str, line: Line, context: zmq.Context[Any]) -> None:
        self.context = context
        self._line = line
        self._head = f'{{"channel": "{name}"'.encode()

    def send_multipart(self, parts: list[Any], *_: object, **__: object) -> None:
        """Write a message that a Session has serialized: identities, delimiter, signature, four parts of JSON, buffers."""
        raw = [bytes(part) for part in parts]
        body = raw[raw.index(DELIM) + 2 :]
        named = b"".join(b', "%s": %s' % (name.encode(), part) for name, part in zip(PARTS, body, strict=False))
        buffers = json.dumps([base64.b64encode(part).decode() for part in body[len(PARTS) :]]).encode()
        self._line.write(self._head + named + b', "buffers": ' + buffers + b"}\n")

    def close(self) -> None:
        """Do nothing: the pipe ends with the process."""


class PipedKernel(IPythonKernel):
    """The kernel of ipykernel, whose replies go into the pipe; it has no subshells."""

    shell_stream = AnyTrait()
    _execute_sleep = 0.0  # the pipe needs no time to settle
    _supports_kernel_subshells = False

    def start(self) -> None:
        """Make ready for requests; there is no debugger to start."""
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())  # where an await can be interrupted
        self.io_loop = IOLoop.current()
        self._publish_status("starting", "shell")

    def _abort_queues(self, _subshell_id: str | None = None) -> None:
        """There is no queue: the next request comes when this one is answered."""


class PipedKernelApp(IPKernelApp):
    """Starts the kernel as ipykernel does, up to where that would open its sockets."""

    kernel_class = PipedKernel
    line: Line
    caller: str

    def init_path(self) -> None:
        """Let cells import what lies in their folder, as in any kernel, and nothing from beside the program that called."""
        if not sys.flags.safe_path and sys.path[0] in ("", str(Path.cwd()), str(Path(self.caller).parent)):
            del sys.path[0]
        sites = (at for at, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages")))
        if "" not in sys.path:
            sys.path.insert(next(sites, 0), "")

    def init_sockets(self) -> None:
        """Make what stands for the sockets."""
        self.session.key = b""  # nobody else writes into the pipe: nothing to sign
        self._context = zmq.Context(io_threads=0)  # for the queue between ipykernel's own threads, in memory
        self.iopub_thread = IOPubThread(Channel("iopub", self.line, self._context))
        self.iopub_thread.io_loop.add_handler(self.line.forked, self.line.pass_on, self.iopub_thread.io_loop.READ)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket
        self.configure_tornado_logger()

    def init_kernel(self) -> None:
        """Make the kernel."""
        self.kernel = PipedKernel.instance(
            parent=self, session=self.session, shell_stream=Channel("shell", self.line, self._context),
            iopub_thread=self.iopub_thread, iopub_socket=self.iopub_socket, log=self.log, profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )  # fmt: skip
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count

    def init_connection_file(self) -> None:
        """There is nothing to connect to."""

    def write_connection_file(self, **_: Any) -> None:
        """There is nothing to connect to."""

    init_poller = init_heartbeat = log_connection_info = init_connection_file


def serve(requests: int, out: int) -> None:
    """Be a kernel in this process, which was forked for it: answer requests from one pipe on the other until the first ends."""
    os.environ.setdefault("MPLBACKEND", INLINE)
    _look_around_again()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    caller, sys.argv = sys.argv[0], [ipykernel_launcher.__file__, "-f", "pipe", *OPTIONS]
    app = PipedKernelApp.instance()
    app.line = Line(out)
    app.caller = caller
    app.initialize(OPTIONS)
    app.kernel.start()
    received = _Requests(requests, app.kernel, loop)
    loop.add_reader(requests, received)
    with suppress(KeyboardInterrupt):
        loop.run_forever()
    atexit._run_exitfuncs()  # noqa: SLF001 - the process ends without going back to where it was forked


class _Requests:
    """Reads requests and has the kernel handle them one after the other, all in one context, as ipykernel's own loop does."""

    def __init__(self, fd: int, kernel: PipedKernel, loop: asyncio.AbstractEventLoop) -> None:
        self._fd = fd
        self._kernel = kernel
        self._loop = loop
        self._rest = b""
        self._handle = _async_in_context(lambda frames: kernel.shell_main(None, frames))
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self) -> None:
        data = os.read(self._fd, 1 << 16)
        if not data:
            self._loop.remove_reader(self._fd)
            self._loop.stop()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            task = self._loop.create_task(self._handle(self._frames(json.loads(line))))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _frames(self, message: dict[str, Any]) -> list[zmq.Frame]:
        parts = [json.dumps(message[name]).encode() for name in PARTS]
        return [zmq.Frame(part) for part in (b"driver", DELIM, b"", *parts)]


def _look_around_again() -> None:
    """Let modules that were imported before the fork see that this is a kernel, and give numpy a seed of its own."""
    root = logging.getLogger()  # papermill's command gives it a handler and a level
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    if (numpy := sys.modules.get("numpy.random")) is not None:
        numpy.seed()
    if (pandas := sys.modules.get("pandas")) is not None and not pandas.get_option("display.max_columns"):
        pandas.set_option("display.max_columns", 20)  # what pandas itself chooses in a kernel
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None and "matplotlib.pyplot" not in sys.modules:
        dict.__setitem__(matplotlib.rcParams, "backend", os.environ["MPLBACKEND"])


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
