"""Cells that start processes, and cells that ask about their own."""

CELLS = r"""
# %% processes.fork-prints
import multiprocessing, os, signal, subprocess, sys, time
def work(number):
    print("forked", number, flush=True)
    return number * 2
process = multiprocessing.get_context("fork").Process(target=work, args=(1,))
process.start()
process.join()
time.sleep(0.25)
print(process.exitcode)

# %% processes.fork-pool
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2, -3]))

# %% processes.spawn
process = multiprocessing.get_context("spawn").Process(target=print, args=("spawned",))
process.start()
process.join()
time.sleep(0.25)
print(process.exitcode)

# %% processes.spawn-of-main raises-exception
import io
with multiprocessing.get_context("spawn").Pool(1) as pool:
    print(pool.apply(len, ([1, 2],)))
raise RuntimeError("a spawned child did not run this notebook again")

# %% processes.executor
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2) as pool:
    print(list(pool.map(abs, range(-3, 0))), multiprocessing.get_start_method(allow_none=True))

# %% processes.executor-of-cell-function
def double(number):
    return number * 2
with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
    print(pool.submit(double, 21).result())

# %% processes.executor-error raises-exception
def broken(number):
    raise ValueError(f"in a worker: {number}")
with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
    pool.submit(broken, 1).result()

# %% processes.bare-fork
sys.stdout.flush()
child = os.fork()
if child == 0:
    os.write(1, b"from a bare fork\n")
    os._exit(7)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
time.sleep(0.25)
print(code)

# %% processes.bare-fork-prints
child = os.fork()
if child == 0:
    print("printed in a bare fork", flush=True)
    os._exit(0)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
time.sleep(0.25)
print(code)

# %% processes.fork-displays
def show(number):
    display(f"displayed in a forked process: {number}")
process = multiprocessing.get_context("fork").Process(target=show, args=(1,))
process.start()
process.join()
time.sleep(0.25)
print(process.exitcode)

# %% processes.queue
context = multiprocessing.get_context("fork")
queue = context.Queue()
process = context.Process(target=queue.put, args=("through a queue",))
process.start()
print(queue.get(timeout=10))
process.join()

# %% processes.current
print(multiprocessing.current_process().name, multiprocessing.parent_process(), multiprocessing.active_children())

# %% processes.asyncio-child
import asyncio
child = await asyncio.create_subprocess_exec("echo", "by asyncio", stdout=asyncio.subprocess.PIPE)
print((await child.communicate())[0], child.returncode)

# %% processes.background-child
background = subprocess.Popen(["sh", "-c", "until [ -e go ]; do sleep 0.05; done; echo by a child in the background"])
print("started")

# %% processes.background-child-ends
open("go", "w").close()
background.wait()
time.sleep(0.25)
print("ended", background.returncode)

# %% signals.handlers
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
    handler = signal.getsignal(number)
    print(number.name, getattr(handler, "__name__", handler))
print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getitimer(signal.ITIMER_REAL))

# %% signals.own-handler
heard = []
before = signal.signal(signal.SIGUSR2, lambda number, frame: heard.append(signal.Signals(number).name))
os.kill(os.getpid(), signal.SIGUSR2)
print(heard, signal.signal(signal.SIGUSR2, before).__name__)

# %% signals.alarm raises-exception
def ring(number, frame):
    raise TimeoutError("the alarm rang")
before = signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(5)

# %% signals.alarm-gone
signal.signal(signal.SIGALRM, before)
print(signal.getitimer(signal.ITIMER_REAL))

# %% signals.interrupted raises-exception
print("interrupts itself")
os.kill(os.getpid(), signal.SIGINT)
time.sleep(5)

# %% signals.interrupted-caught
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
except KeyboardInterrupt:
    print("caught")

# %% signals.interrupted-await raises-exception
asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
await asyncio.sleep(5)

# %% signals.interrupted-child
import threading
threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    subprocess.run(["sleep", "5"])
except KeyboardInterrupt:
    print("the child is interrupted, too")

# %% process.place
print(os.getcwd(), sys.path)
print(__name__, "__file__" in globals(), sys.modules["__main__"].__dict__ is globals(), __doc__, __builtins__.__name__, __spec__)

# %% process.arguments
print(os.path.basename(sys.argv[0]), len(sys.argv))

# %% process.settings
import locale
print(sys.getrecursionlimit(), sys.flags, sys.getswitchinterval(), sys.dont_write_bytecode)
print(locale.getlocale(), locale.getpreferredencoding(), sys.getfilesystemencoding(), time.tzname, time.timezone)
print(oct(os.umask(0o22)), os.nice(0), sorted(os.sched_getaffinity(0)) != [])
_ = os.umask(0o22)

# %% process.environment
os.environ["TORTURE"] = "set in a cell"
print(sorted(name for name in os.environ if name.startswith(("JPY", "JUPYTER", "MPL", "OMP", "OPENBLAS", "MKL", "NUMEXPR", "PAGER", "GIT_PAGER", "TERM", "CLICOLOR", "PYDEVD", "FORCE_COLOR"))))
print(os.environ.get("PAGER"), os.environ.get("TERM"), os.environ.get("MPLBACKEND"), os.environ.get("OMP_NUM_THREADS"))

# %% process.environment-in-child
!echo $TORTURE
print(subprocess.run(["sh", "-c", "echo $TORTURE"], capture_output=True, text=True).stdout)

# %% process.threads
print(sorted(thread.name for thread in threading.enumerate() if thread.name not in ("MainThread",)))

# %% process.modules
print([name for name in ("papermill", "nbclient", "boto3", "pandas", "numpy", "matplotlib", "matplotlib.pyplot", "debugpy", "runbooks") if name in sys.modules])

# %% process.stack
import traceback
frames = traceback.extract_stack()
print(frames[-1].name, frames[-1].lineno, [frame.name for frame in frames[-3:]])

# %% process.stack-depth
print(len(frames))

# %% process.memory
import gc, resource
print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks)
print([resource.getrlimit(limit) for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_AS)])

# %% process.atexit
import atexit
print(atexit.register(print, "at the end").__name__)
"""
