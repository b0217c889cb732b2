"""Cells that fail: their class, text and traceback, line for line."""

CELLS = r'''
# %% errors.plain raises-exception
print("before")
x = 1
y = 1 / 0  # here
print("after")

# %% errors.chained raises-exception
try:
    {}["missing"]
except KeyError as error:
    raise RuntimeError("on top") from error

# %% errors.during-another raises-exception
try:
    int("seven")
except ValueError:
    [][1]

# %% errors.suppressed raises-exception
try:
    1 / 0
except ZeroDivisionError:
    raise OSError(2, "no such thing", "name.txt") from None

# %% errors.odd-text raises-exception
class OddError(Exception):
    """Text that is not nice."""
raise OddError("line\nline", "\x1b[31mred\x1b[0m", "<b>bold</b> & \u2603", b"\xff", None)

# %% errors.without-text raises-exception
raise OddError

# %% errors.text-fails raises-exception
class Mute(Exception):
    def __str__(self):
        raise ValueError("no text")
raise Mute

# %% errors.syntax raises-exception
print("never")
def f(:
    pass

# %% errors.indentation raises-exception
if True:
print("never")

# %% errors.unfinished raises-exception
text = "no end

# %% errors.functions
def outer(value):
    return inner(value)
def inner(value):
    if value > 1:
        raise LookupError(f"too large: {value}")
    return value

# %% errors.in-function-of-other-cell raises-exception
outer(1)
outer(2)

# %% errors.in-library raises-exception
import json
json.loads('{"a": ')

# %% errors.in-comprehension raises-exception
[inner(each) for each in (0, 1, 2)]

# %% errors.keyboard-interrupt raises-exception
raise KeyboardInterrupt

# %% errors.group raises-exception
raise ExceptionGroup("outer", [ValueError("a"), ExceptionGroup("inner", [KeyError("b"), OddError("c")])])

# %% errors.group-handled
try:
    raise ExceptionGroup("handled", [ValueError("a"), KeyError("b")])
except* ValueError as group:
    print("values", group.exceptions)
except* KeyError as group:
    print("keys", group.exceptions)

# %% errors.notes raises-exception
try:
    raise ValueError("noted")
except ValueError as error:
    error.add_note("a note")
    error.add_note("another\nof two lines")
    raise

# %% errors.assertion raises-exception
assert sum([1, 2]) == 4, {"expected": 4, "got": 3}

# %% errors.base-exception raises-exception
class Base(BaseException):
    pass
raise Base("not an Exception")

# %% errors.stop-iteration raises-exception
next(iter(()))

# %% errors.generator raises-exception
def generated():
    yield 1
    raise ValueError("in a generator")
list(generated())

# %% errors.recursion raises-exception
import sys
def deeper(depth):
    return deeper(depth + 1)
def room(depth):
    try:
        return room(depth + 1)
    except RecursionError:
        return depth
limit = sys.getrecursionlimit()
sys.setrecursionlimit(limit - room(0) + 30)
deeper(0)

# %% errors.recursion-over
sys.setrecursionlimit(limit)

# %% errors.memory
try:
    bytearray(1 << 62)
except MemoryError as error:
    print("caught", repr(error))

# %% errors.memory-uncaught raises-exception
bytearray(1 << 62)

# %% errors.exit raises-exception
import sys
print("leaving")
sys.exit()

# %% errors.exit-with-number raises-exception
sys.exit(3)

# %% errors.exit-with-text raises-exception
sys.exit("good bye")

# %% errors.system-exit raises-exception
raise SystemExit

# %% errors.exit-of-shell
exit(keep_kernel=True)
print("the kernel is kept")

# %% errors.after-exit
print("still here", get_ipython().exit_now)

# %% errors.output-then-error raises-exception
display("shown")
print("said")
raise ValueError("then failed")

# %% errors.many-lines raises-exception
values = {
    "a": 1,
    "b": 2,
}
result = (
    values["a"]
    + values["b"]
    + values["c"]
)

# %% errors.printed
import traceback
try:
    outer(9)
except LookupError:
    traceback.print_exc()
    print(traceback.format_exc().splitlines()[-1], [frame.lineno for frame in traceback.extract_tb(sys.exc_info()[2])])

# %% errors.last raises-exception
outer(5)

# %% errors.remembered
print(type(sys.last_value).__name__, sys.last_value, sys.last_type.__name__)

# %% errors.tb-magic raises-exception
%tb

# %% errors.minimal raises-exception
%xmode Minimal
outer(3)

# %% errors.verbose raises-exception
%xmode Verbose
outer(4)

# %% errors.plain-mode raises-exception
%xmode Plain
outer(4)

# %% errors.context-again raises-exception
%xmode Context
outer(4)

# %% errors.unraisable
class Unraisable:
    def __del__(self):
        raise ValueError("in __del__")
Unraisable()
None

# %% errors.custom-handler raises-exception
def handle(shell, kind, value, tb, tb_offset=None):
    print("handled:", kind.__name__, value)
get_ipython().set_custom_exc((OddError,), handle)
raise OddError("for the handler")

# %% errors.custom-handler-gone raises-exception
get_ipython().set_custom_exc((), None)
raise OddError("as ever")

# %% errors.hook raises-exception
sys.excepthook = lambda *error: print("not called in a notebook")
raise OddError("by no hook")
'''
