"""Drives a notebook through papermill and nbclient with a forked kernel: the two pipes stand where nbclient has its channels.

Everything that makes an executed notebook (order of outputs, updates of displays, errors, timings) is nbclient's own doing.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import fcntl
import json
import os
import select
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from queue import Empty
from typing import Any

from jupyter_client.jsonutil import extract_dates
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from runbooks.execute import processes

SHUTDOWN_SECONDS = 5.0  # what nbclient gives a kernel to end by itself
LAST_WORDS_SECONDS = 1.0
_MOST_FILES = 65536
_PIPE_BYTES = 1 << 20
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1, signal.SIGALRM)


class ForkedKernel:
    """A kernel forked from this process, which dies with it; what nbclient asks of a kernel manager, it answers."""

    def __init__(self) -> None:
        theirs, self.requests = os.pipe()
        self.messages, out = os.pipe()
        with suppress(OSError):  # fewer wake-ups for long outputs, where the system grants it
            fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become_kernel(theirs, out, parent)
        os.close(theirs)
        os.close(out)
        os.set_blocking(self.messages, False)
        self._handle = os.pidfd_open(self.pid)
        self.returncode: int | None = None

    def is_alive(self) -> bool:
        """Say whether it still runs."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self._reap()
        return self.returncode is None

    def interrupt_kernel(self) -> None:
        """Interrupt the running cell and the processes that it waits for, as Jupyter's stop button does."""
        if self.is_alive():
            os.killpg(self.pid, signal.SIGINT)  # it leads a group of its own

    def end(self, within: float) -> None:
        """Let it end by itself, reading what it still says, and kill it when it does not; nothing of it is left afterwards."""
        os.close(self.requests)
        until = time.monotonic() + within
        while self.is_alive() and (left := until - time.monotonic()) > 0:
            if self.messages in select.select([self._handle, self.messages], [], [], left)[0] and not os.read(
                self.messages, 1 << 16
            ):
                break
        self._send(signal.SIGKILL)
        if self.returncode is None:
            self._reap()
        os.close(self.messages)
        os.close(self._handle)

    def _send(self, number: signal.Signals) -> None:
        if self.is_alive():
            signal.pidfd_send_signal(self._handle, number)

    def _reap(self) -> None:
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            status = 0
        self.returncode = os.waitstatus_to_exitcode(status)


class _Channel:
    """The messages of one channel, as nbclient asks for them."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def put(self, message: dict[str, Any] | None) -> None:
        """Add a message, or None when there will be no more."""
        self._waiting.put_nowait(message)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # noqa: ASYNC109 - nbclient's word for it
        """Return the next message; raises queue.Empty after `timeout` seconds, DeadKernelError when the kernel has gone."""
        try:
            message = await asyncio.wait_for(self._waiting.get(), timeout)
        except TimeoutError:
            raise Empty from None
        if message is None:
            self.put(None)
            raise DeadKernelError("Kernel died")
        return message


class _Connection:
    """What nbclient calls a kernel client: sends requests, and sorts what comes back into channels."""

    allow_stdin = False

    def __init__(self, kernel: ForkedKernel, loop: asyncio.AbstractEventLoop) -> None:
        self.shell_channel, self.iopub_channel = _Channel(), _Channel()
        self._kernel = kernel
        self._loop = loop
        self._rest = b""
        loop.add_reader(kernel.messages, self._read)

    def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Ask for a cell to be executed and return the id of the request."""
        content = {
            "code": code, "silent": False, "store_history": store_history, "user_expressions": {}, "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }  # fmt: skip
        return self._send("execute_request", content)

    def kernel_info(self) -> str:
        """Ask what the kernel is and return the id of the request."""
        return self._send("kernel_info_request", {})

    def is_alive(self) -> bool:
        """Say whether the kernel still runs."""
        return self._kernel.is_alive()

    def close(self) -> None:
        """Read no further."""
        self._loop.remove_reader(self._kernel.messages)

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        request = uuid.uuid4().hex
        header = {
            "msg_id": request, "msg_type": kind, "username": "", "session": "", "date": datetime.now(UTC).isoformat(),
            "version": "5.3",
        }  # fmt: skip
        line = json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content}).encode() + b"\n"
        rest = memoryview(line)
        with suppress(BrokenPipeError):  # a kernel that has gone is noticed by its silence
            while rest:
                rest = rest[os.write(self._kernel.requests, rest) :]
        return request

    def _read(self) -> None:
        try:
            data = os.read(self._kernel.messages, 1 << 18)
        except BlockingIOError:
            return
        if not data:
            self.close()
            self.shell_channel.put(None)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._sort(json.loads(line))

    def _sort(self, message: dict[str, Any]) -> None:
        message["header"] = extract_dates(message["header"])
        message["msg_type"], message["msg_id"] = message["header"]["msg_type"], message["header"]["msg_id"]
        message["buffers"] = [base64.b64decode(part) for part in message["buffers"]]
        channel = self.shell_channel if message["channel"] == "shell" else self.iopub_channel
        channel.put(message)


class ForkedClient(PapermillNotebookClient):
    """papermill's client, with a forked kernel."""

    def execute(self, **_: Any) -> Any:
        """Execute all cells and return the notebook; raises what papermill's own client raises."""
        self.reset_execution_trackers()
        with self._kernel() as connection:
            self.papermill_execute_cells()
            about = self.wait_for_reply(connection.kernel_info()) or {}
            self.nb.metadata["language_info"] = about["content"]["language_info"]
            self.set_widgets_metadata()
        return self.nb

    @contextmanager
    def _kernel(self) -> Iterator[_Connection]:
        kernel = ForkedKernel()
        connection = _Connection(kernel, ensure_event_loop())
        self.km, self.kc = kernel, connection  # type: ignore[assignment]  # what nbclient uses of the two, they have
        within = 0.0
        try:
            if self.on_notebook_start is not None:
                self.on_notebook_start(notebook=self.nb)
            yield connection
            within = SHUTDOWN_SECONDS
        except CellTimeoutError:
            kernel.interrupt_kernel()
            _listen_on(ensure_event_loop())
            raise
        finally:
            connection.close()
            kernel.end(within)
            self.kc = self.km = None


def _listen_on(loop: asyncio.AbstractEventLoop) -> None:
    """Take what an interrupted cell still says: its traceback shows where it hung."""
    waiting = asyncio.all_tasks(loop)
    if waiting:
        loop.run_until_complete(asyncio.wait(waiting, timeout=LAST_WORDS_SECONDS))


def _become_kernel(requests: int, out: int, parent: int) -> None:
    """Go on as a kernel: in a session of its own, with nothing of the process that it was."""
    code = 1
    try:
        os.setsid()
        processes.die_with_parent(signal.SIGKILL, parent)
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        _keep_only(requests, out)
        atexit._clear()  # noqa: SLF001 - what the driver wants done at its end is not the kernel's
        asyncio._set_running_loop(None)  # noqa: SLF001 - nor is its loop, in which the fork may have happened
        from runbooks.execute.kernel import serve  # noqa: PLC0415 - in the kernel's process alone, unless it was there before

        serve(requests, out)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - the frames below belong to the driver and must not run here
        sys.__excepthook__(type(error), error, error.__traceback__)
    finally:
        os._exit(code)


def _keep_only(*kept: int) -> None:
    """Close every other descriptor, and read nothing from the terminal."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, _MOST_FILES)
