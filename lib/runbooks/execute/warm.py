"""A process that has imported everything and run nothing: the children of runs are forked from it, and start at once.

    supervisor --socket--> warm --fork--> child (one for each run, see `child`)

It belongs to one supervisor: its socket ends with that, however it ends, then it goes, and every child goes with it. It has one
thread, no open connection, and nothing of a run: each child gets the variables and descriptors of its own.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runbooks.catalogue import home
from runbooks.execute import child, processes
from runbooks.execute.folder import RunFolder
from runbooks.execute.preload import preload

LARGEST = 150_000  # bytes of an order; a longer one is for a child that is started anew
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # a process with threads must not be forked from

_current: Warm | None = None


class Child:
    """A child that the warm process forked, with what a supervisor needs of `subprocess.Popen`."""

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self._handle = handle

    def poll(self) -> int | None:
        """Return 0 when it has ended, or None; how it ended it says on its pipe."""
        return 0 if select.select([self._handle], [], [], 0)[0] else None

    def wait(self) -> None:
        """Wait for its end."""
        select.select([self._handle], [], [])
        os.close(self._handle)

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it; what is below it is told by the kernel."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)


class Warm:
    """The supervisor's side: the warm process, and the socket on which it is given orders."""

    def __init__(self, also: Sequence[str], *, eager: bool) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        command = [
            sys.executable,
            "-P",
            "-c",
            "from runbooks.execute.warm import main; main()",
            str(theirs.fileno()),
            "all" if eager else "least",
            *also,
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            cwd=home(),
            env=os.environ | dict.fromkeys(_THREADS, "1"),
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()

    def child(
        self, folder: RunFolder, environment: Mapping[str, str], deadline: float, finish: str, fds: list[int]
    ) -> Child | None:
        """Fork a child for a run and return it, or None when that must be started anew; `fds` are its pipe, lock and log."""
        words = {"folder": str(folder.path), "environment": dict(environment), "deadline": deadline, "finish": finish}
        order = json.dumps(words).encode()
        if len(order) > LARGEST:
            return None
        try:
            with self._lock:
                socket.send_fds(self._socket, [order], fds)
                answer, handles, _, _ = socket.recv_fds(self._socket, 4096, 1)
        except OSError:  # it has gone; a new child needs no other
            return None
        return Child(int(answer), handles[0]) if answer and handles else None

    def close(self) -> None:
        """End it; the runs that were forked from it have ended."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def current() -> Warm | None:
    """Return the warm process of this process, if there is one."""
    return _current


@contextmanager
def running(also: Sequence[str] = (), *, eager: bool = True) -> Iterator[None]:
    """Have a warm process meanwhile, on systems that have what it needs; runs started within are forked from it.

    Args:
        also: Modules that finish a record; they have a function `preload`.
        eager: Make everything ready before the first run, which pays for many; otherwise a run starts as soon as it can.
    """
    global _current  # noqa: PLW0603 - one for the process, as signal handlers are
    if _current is not None or not processes.LINUX:
        yield
        return
    _current = Warm(also, eager=eager)
    try:
        yield
    finally:
        warm, _current = _current, None
        warm.close()


def serve(channel: socket.socket) -> None:
    """Fork a child for each order until the supervisor has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, who ends the runs in order
    signal.signal(signal.SIGCHLD, lambda *_: processes.reap())  # so that their cost is counted as that of this process
    eager, also = sys.argv[2] == "all", sys.argv[3:]
    preload(also, eager=eager)
    while True:
        order, fds, _, _ = socket.recv_fds(channel, LARGEST, 3)
        if not order:
            return
        pid = os.fork()
        if pid == 0:
            channel.close()
            pipe, _held, log = fds  # the lock on the run is only to be kept open
            _become_child(json.loads(order) | {"also": [] if eager else also}, pipe, log)
        for fd in fds:
            os.close(fd)
        _answer(channel, pid)


def _answer(channel: socket.socket, pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:  # gone already, and said why on its pipe
        channel.send(b"0")
        return
    socket.send_fds(channel, [str(pid).encode()], [handle])
    os.close(handle)


def _become_child(order: dict[str, Any], pipe: int, log: int) -> None:
    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.umask(0o077)
        null = os.open(os.devnull, os.O_RDONLY)
        for fd, place in ((null, 0), (log, 1), (log, 2)):
            os.dup2(fd, place)
        os.environ.clear()
        os.environ.update(order["environment"])
        child.main(RunFolder(Path(order["folder"])), pipe, os.getppid(), order["deadline"], order["finish"], order["also"])
        code = 0
    except BaseException as error:  # noqa: BLE001 - the frames below belong to the warm process and must not run here
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve the supervisor at the other end of the socket whose descriptor is the first argument; the others are for `preload`."""
    serve(socket.socket(fileno=int(sys.argv[1])))
