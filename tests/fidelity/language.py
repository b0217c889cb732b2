"""Cells in plain Python whose meaning depends on where they run."""

CELLS = r'''
# %% async.await
import asyncio, contextvars, gc, os, random, sys, time, weakref
await asyncio.sleep(0.01)
print("awaited")
await asyncio.sleep(0, "its result")

# %% async.generator
async def counted(number):
    for each in range(number):
        await asyncio.sleep(0)
        yield each
async for each in counted(3):
    print(each)
[each async for each in counted(3)]

# %% async.with
class Entered:
    async def __aenter__(self):
        return "entered"
    async def __aexit__(self, *error):
        print("left")
async with Entered() as entered:
    print(entered)

# %% async.error raises-exception
async def failing():
    await asyncio.sleep(0)
    raise ValueError("in a coroutine")
await failing()

# %% async.error-in-task raises-exception
await asyncio.gather(failing(), asyncio.sleep(0.01))

# %% async.group-error raises-exception
async with asyncio.TaskGroup() as group:
    group.create_task(failing())

# %% async.task-outlives-its-cell
async def ticking():
    for number in range(3):
        await asyncio.sleep(0.01)
        ticks.append(number)
    print("said by a task of the cell above")
    return "ticked"
ticks = []
task = asyncio.create_task(ticking())
print(task.done())

# %% async.task-in-the-next-cell
print(await task, ticks)

# %% async.blocked
task = asyncio.create_task(ticking())
time.sleep(0.1)
print(task.done(), ticks)

# %% async.blocked-then-awaited
await task;

# %% async.run raises-exception
waiting = asyncio.sleep(0)
asyncio.run(waiting)

# %% async.run-until-complete raises-exception
waiting.close()
waiting = asyncio.sleep(0)
asyncio.get_event_loop().run_until_complete(waiting)

# %% async.closed
waiting.close()

# %% async.loop
loop = asyncio.get_running_loop()
print(loop.is_running(), type(loop).__name__, asyncio.get_event_loop() is loop, asyncio.current_task() is not None)

# %% async.loop-without-await
print(asyncio.get_event_loop().is_running(), asyncio.get_event_loop() is loop)

# %% async.timeout raises-exception
async with asyncio.timeout(0.01):
    await asyncio.sleep(5)

# %% async.to-thread
print(await asyncio.to_thread(sum, [1, 2]), await asyncio.wait_for(asyncio.sleep(0, "in time"), 1))
await asyncio.to_thread(print, "said in a thread")

# %% async.in-a-thread
import threading
thread = threading.Thread(target=lambda: print(asyncio.run(asyncio.sleep(0, "run in a thread"))))
thread.start()
thread.join()
print(await loop.run_in_executor(None, sum, [1, 2]))

# %% async.callback
loop.call_soon(print, "said by a callback")
await asyncio.sleep(0.01)

# %% async.never-awaited
failing()
gc.collect();

# %% context.set
variable = contextvars.ContextVar("variable", default="unset")
variable.set("set in a cell")
print(variable.get())

# %% context.seen
print(variable.get())

# %% context.in-await
await asyncio.sleep(0)
print(variable.get())
variable.set("set in an async cell")

# %% context.after-await
print(variable.get())

# %% names.defined
import dataclasses, enum, inspect, pickle, typing
@dataclasses.dataclass(frozen=True)
class Point:
    """A point."""
    x: int
    y: "float" = 0.5
class Colour(enum.Enum):
    RED = 1
def documented(a: int, *, b: typing.Optional["Point"] = None) -> list[int]:
    """Say something."""
    return [a]
print(Point(1), Colour.RED, Point.__module__, documented.__qualname__, Point.__qualname__)

# %% names.source
print(inspect.getsource(documented))

# %% names.source-of-class raises-exception
inspect.getsource(Point)

# %% names.signature
print(inspect.signature(documented), typing.get_type_hints(documented)["return"], typing.get_type_hints(Point))

# %% names.file
print(documented.__code__.co_filename, documented.__code__.co_firstlineno, inspect.getfile(documented) == documented.__code__.co_filename)

# %% names.pickled
print(pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2), pickle.loads(pickle.dumps(documented)) is documented)

# %% names.pickled-lambda raises-exception
pickle.dumps(lambda: 1)

# %% names.annotated
annotated: int = 3
print(__annotations__["annotated"])

# %% names.deleted raises-exception
del annotated
annotated

# %% names.redefined
def documented():
    return "redefined"
print(documented(), isinstance(Point(1), Point))

# %% names.future
from __future__ import annotations
def late(a: Undefined) -> None: ...
print(late.__annotations__)

# %% names.late-still
def later(a: Undefined) -> None: ...
print(later.__annotations__)

# %% names.globals
print(sorted(name for name in globals() if name.startswith("__")), "documented" in globals(), "documented" in vars(sys.modules["__main__"]))

# %% names.exec
exec("made = 41 + 1")
print(eval("made"), (lambda: made)(), compile("1", "<text>", "eval").co_filename)

# %% names.walrus
print([last := each for each in range(3)], last)

# %% memory.held
class Held:
    pass
held = Held()
witness = weakref.ref(held)
del held
gc.collect()
print(witness())

# %% memory.result-is-held
Held()

# %% memory.result-in-out
print(type(_).__name__, type(Out[max(Out)]).__name__, sys.getrefcount(_) > 2)

# %% memory.collected
big = bytearray(50_000_000)
del big
print(gc.collect() >= 0, gc.garbage)

# %% memory.finalized
class Final:
    def __del__(self):
        print("finalized")
Final();

# %% memory.finalized-by-overwriting
final = Final()
final = None
print("after")

# %% random.unseeded
import secrets, uuid, tempfile
print(len({random.random() for _ in range(10)}), len(secrets.token_hex(4)), uuid.uuid4().version)
with tempfile.NamedTemporaryFile() as file:
    print(os.path.exists(file.name))

# %% random.seeded
random.seed(7)
print(random.random(), random.sample(range(100), 3))

# %% folder.changed
before = os.getcwd()
os.chdir("/")
print(os.getcwd())

# %% folder.still
print(os.getcwd())
os.chdir(before)

# %% time.passes
began = time.perf_counter()
time.sleep(0.05)
print(0.04 < time.perf_counter() - began < 5, time.process_time() > 0)

# %% language.breakpoint-hook
print(sys.breakpointhook.__module__, sys.displayhook.__class__.__name__, sys.excepthook.__name__)

# %% language.trace
print(sys.gettrace(), sys.getprofile())

# %% language.version
print(sys.version_info[:2], sys.implementation.name, sys.executable == os.path.realpath(sys.executable) or "a link", sys.prefix != sys.base_prefix)
'''
