"""Cells that write: streams, descriptors, threads."""

CELLS = r"""
# %% streams.interleaved
import ctypes, io, logging, os, subprocess, sys, threading, time, warnings
for number in range(3):
    print("out", number)
    print("err", number, file=sys.stderr)

# %% streams.without-newline
print("no newline", end="")
print(", and here one", end="")

# %% streams.flushed-loop
for number in range(5):
    print(number, end=" ", flush=True)
    time.sleep(0.02)

# %% streams.many-messages
for number in range(300):
    print(number, flush=True)
    print(number, flush=True, file=sys.stderr)

# %% streams.large
print(("0123456789" * 10 + "\n") * 1000)

# %% streams.very-long-line
print("x" * 20_000)

# %% streams.unicode
print("snowman \u2603 rocket \U0001f680 combining e\u0301 right-to-left \u05d0\u05d1 separators \u2028\u2029 zero\u200bwidth nul \0 bell \a")

# %% streams.ansi-and-returns
print("\x1b[31mred\x1b[0m \x1b[1;4mbold\x1b[0m")
for percent in (1, 50, 100):
    print(f"\rprogress {percent}%", end="")
print("\nabc\b\bX")

# %% streams.written
count = sys.stdout.write("written\n")
lines = sys.stdout.writelines(["a\n", "b\n"])
print(count, lines, sys.stderr.write("to stderr\n"))

# %% streams.not-text raises-exception
sys.stdout.write(b"bytes")

# %% streams.object
for stream in (sys.stdout, sys.stderr):
    print(type(stream).__module__, type(stream).__name__, stream.name, stream.encoding, stream.errors, stream.isatty())
    print(stream.closed, stream.writable(), stream.readable(), stream.seekable(), stream.newlines, stream.mode if hasattr(stream, "mode") else "")
    print(hasattr(stream, "buffer"), stream.fileno() > 2)
print(sys.stdout is sys.__stdout__, sys.__stdout__.fileno(), sys.__stderr__.fileno(), sys.__stdout__.encoding)

# %% streams.original
print("by __stdout__", file=sys.__stdout__, flush=True)
print("by __stderr__", file=sys.__stderr__, flush=True)
time.sleep(0.25)

# %% streams.redirected
import contextlib
with contextlib.redirect_stdout(io.StringIO()) as caught, contextlib.redirect_stderr(caught):
    print("caught")
    print("caught too", file=sys.stderr)
print(repr(caught.getvalue()))

# %% streams.logging
print(logging.getLogger().handlers, logging.getLogger().level, logging.lastResort)
logging.getLogger("torture").warning("without configuration")
logging.basicConfig(level=logging.INFO, format="%(levelname)s:%(name)s:%(message)s")
logging.getLogger("torture").info("configured")
logging.getLogger().handlers.clear()

# %% streams.warnings
warnings.warn("of the default kind")
warnings.warn("deprecated", DeprecationWarning)
warnings.warn("pending", PendingDeprecationWarning)
for _ in range(2):
    warnings.warn("said once", ResourceWarning)
    warnings.warn("said once", FutureWarning)

# %% streams.warning-filters
import re
print([each[:3] for each in warnings.filters if each[3] in ("__main__", None) or (each[3] and re.match(each[3], "__main__"))])
with warnings.catch_warnings(record=True) as noted:
    warnings.simplefilter("always")
    warnings.warn("noted")
print(len(noted), noted[0].message, os.path.basename(noted[0].filename).endswith(".py"))

# %% streams.warning-as-error raises-exception
with warnings.catch_warnings():
    warnings.simplefilter("error")
    warnings.warn("an error now")

# %% descriptors.written
os.write(1, b"bytes to 1\n")
os.write(2, b"bytes to 2\n")
time.sleep(0.25)

# %% descriptors.not-utf-8
os.write(1, b"latin \xe9 and half a sign \xf0\x9f\n")
time.sleep(0.25)

# %% descriptors.child
done = subprocess.run(["sh", "-c", "echo out of a child; echo err of a child >&2"], check=True)
time.sleep(0.25)
print(done.returncode)

# %% descriptors.large-child
subprocess.run([sys.executable, "-c", "print(('y' * 99 + '\\n') * 700, end='')"], check=True)
time.sleep(0.4)

# %% descriptors.captured-child
done = subprocess.run([sys.executable, "-c", "import sys; print('in'); print(sys.stdin.read())"], input="given", capture_output=True, text=True)
print(repr(done.stdout))

# %% descriptors.c-level
libc = ctypes.CDLL(None)
libc.printf(b"by printf\n")
libc.fflush(None)
time.sleep(0.25)

# %% descriptors.open
before = set(os.listdir("/proc/self/fd"))
with open(os.devnull) as file:
    print(len(set(os.listdir("/proc/self/fd")) - before), file.fileno() > 2)
print([os.isatty(fd) for fd in (0, 1, 2)])

# %% stdin.read
print(repr(sys.stdin.read()), sys.stdin.isatty(), sys.stdin.fileno(), sys.stdin.readline() == "")

# %% stdin.child
print(repr(subprocess.run(["cat"], capture_output=True, text=True).stdout))

# %% stdin.input raises-exception
print("a question")
input("name? ")

# %% stdin.getpass raises-exception
import getpass
getpass.getpass("secret? ")

# %% stdin.breakpoint raises-exception
breakpoint()

# %% threads.joined
def say(name):
    for number in range(3):
        print(name, number)
    sys.stderr.write(f"{name} to stderr\n")
for name in ("first", "second"):
    thread = threading.Thread(target=say, args=(name,))
    thread.start()
    thread.join()
print(threading.current_thread() is threading.main_thread(), threading.current_thread().name)

# %% threads.outlives-its-cell
go, gone = threading.Event(), threading.Event()
def later():
    go.wait(10)
    print("said by a thread of the cell above")
    gone.set()
outliving = threading.Thread(target=later)
outliving.start()
print("the thread waits")

# %% threads.in-the-next-cell
print("said by this cell")
go.set()
gone.wait(10)
outliving.join()
print("said by this cell, too")

# %% threads.error
def fail():
    raise ValueError("in a thread")
thread = threading.Thread(target=fail, name="failing")
thread.start()
thread.join()

# %% threads.exit
thread = threading.Thread(target=sys.exit, args=("ends the thread alone",))
thread.start()
thread.join()
print("the kernel goes on")

# %% threads.pool
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(abs, range(-3, 0))))
    pool.submit(print, "from a pool").result()

# %% threads.timer
timer = threading.Timer(0.05, lambda: print("timed"))
timer.start()
timer.join()

# %% faulthandler.enabled
import faulthandler
print(faulthandler.is_enabled())
with open("fault.txt", "w+") as file:
    faulthandler.dump_traceback(file, all_threads=False)
    file.seek(0)
    print(file.readline().strip().rstrip("0123456789abcdefx "))
"""
