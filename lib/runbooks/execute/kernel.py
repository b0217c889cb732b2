"""An ordinary ipykernel whose process is forked from one that has imported everything, instead of started anew.

The kernel is the real one, on its own sockets; only the second that Python takes to import it is saved. What is not a plain
`python -m ipykernel_launcher` of this interpreter is started as ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

NAME = "runbooks-forked"
_LAUNCHER = ["-m", "ipykernel_launcher"]
_MOST_FILES = 65536


class ForkedProvisioner(LocalProvisioner):
    """Gives a kernel manager a forked kernel; by jupyter_client's entry point `jupyter_client.kernel_provisioners`."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel for this command and return how to reach it."""
        if cmd[1:3] != _LAUNCHER or "ipykernel" not in sys.modules:
            return await super().launch_kernel(cmd, **kwargs)
        kernel = ForkedKernel(cmd[3:], kwargs["env"], kwargs.get("preexec_fn"))
        self.process = kernel  # type: ignore[assignment]  # what is used of a Popen, it has
        self.pid = self.pgid = kernel.pid
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info


class ForkedKernel:
    """A forked kernel, with what jupyter_client uses of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], first: Callable[[], None] | None) -> None:
        self.returncode: int | None = None
        ready, theirs = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _become_kernel(argv, environment, first, theirs)
        os.close(theirs)
        os.read(ready, 1)  # from then on it leads a process group of its own, and can be interrupted without this process
        os.close(ready)

    def poll(self) -> int | None:
        """Return the exit code, or None while it lives."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; raises subprocess.TimeoutExpired."""
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("a forked kernel", timeout or 0.0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _become_kernel(argv: Sequence[str], environment: Mapping[str, str], first: Callable[[], None] | None, ready: int) -> None:
    """Go on as a kernel: a session, a loop and files of its own, and nothing of the process that it was."""
    code = 1
    try:
        os.setsid()
        if first is not None:
            first()
        os.write(ready, b".")
        os.closerange(3, _MOST_FILES)
        _forget_signals()
        os.environ.clear()
        os.environ.update(environment)
        code = _launch(argv)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - the frames below belong to the worker and must not run here
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _forget_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _launch(argv: Sequence[str]) -> int:
    """Start ipykernel as its launcher does."""
    import asyncio  # noqa: PLC0415 - in the child alone

    from ipykernel import kernelapp  # noqa: PLC0415

    asyncio.set_event_loop(asyncio.new_event_loop())  # the worker's loop is still the current one
    sys.argv = ["ipykernel_launcher", *argv]
    app: Any = kernelapp.IPKernelApp.instance()
    app.initialize(list(argv))
    app.start()
    return 0
