"""Cells in the shell's own language: magics, shell commands, the shell as an object."""

CELLS = r'''
# %% magics.time
%time sum(range(1000))

# %% magics.time-cell
%%time
print("timed")
"and its result"

# %% magics.timeit
%timeit -n 1 -r 1 None

# %% magics.who
own_number, own_text = 1, "text"
%who int
%who str

# %% magics.whos
%whos str

# %% magics.precision
%precision 3

# %% magics.precision-seen
3.14159265

# %% magics.precision-back
%precision

# %% magics.environment
%env TORTURE_MAGIC=by magic

# %% magics.environment-seen
%env TORTURE_MAGIC

# %% magics.folder
import os
import time
place = %pwd
print(os.path.samefile(place, os.getcwd()))
%mkdir -p below
%cd -q below
print(os.path.basename(os.getcwd()))
%cd -q ..

# %% magics.unknown raises-exception
%nothing_of_that_name

# %% magics.unknown-cell raises-exception
%%nothing_of_that_name
print("never")

# %% magics.captured
%%capture held
import sys
print("held out")
print("held err", file=sys.stderr)
display("held display")
"held result"

# %% magics.captured-shown
print(repr(held.stdout), repr(held.stderr), len(held.outputs))
held()

# %% magics.written
%%writefile module_of_cell.py
"""A module that a cell wrote."""
import sys
VALUE = 1
if __name__ == "__main__":
    print("run as", __name__, sys.argv[1:])
    ran = True

# %% magics.run
%run module_of_cell.py with words
print(ran, VALUE)

# %% magics.run-failing raises-exception
with open("failing_of_cell.py", "w") as file:
    file.write("def fail():\n    raise ValueError('in a file')\n\n\nfail()\n")
%run failing_of_cell.py

# %% magics.import-of-written
import module_of_cell
module_of_cell.VALUE

# %% magics.autoreload
%load_ext autoreload
%autoreload 2
with open("module_of_cell.py", "a") as file:
    file.write("\nVALUE = 2\nADDED = 'added'\n")
os.utime("module_of_cell.py", (2e9, 2e9))

# %% magics.autoreloaded
print(module_of_cell.VALUE, module_of_cell.ADDED)
%autoreload 0

# %% magics.load-unknown raises-exception
%load_ext no_such_extension

# %% magics.history
%history -n -l 2

# %% magics.macro
%alias_magic t timeit
%lsmagic

# %% magics.own
from IPython.core.magic import register_cell_magic, register_line_magic
@register_line_magic
def shout(line):
    return line.upper()
@register_cell_magic
def twice(line, cell):
    get_ipython().run_cell(cell)
    get_ipython().run_cell(cell)
%shout by a magic of this cell

# %% magics.own-cell
%%twice
print("said twice")

# %% magics.own-error raises-exception
%%twice
1 / 0

# %% magics.timed-error raises-exception
%%time
1 / 0

# %% magics.config
%config InlineBackend.figure_formats = ["png"]
%config IPCompleter.use_jedi

# %% magics.connection
%connect_info

# %% magics.pinfo
%pinfo own_number

# %% shell.command
!echo said by a shell; echo and to its stderr >&2; exit 3

# %% shell.exit-code
print(_exit_code)
words = "expanded"
!echo {words} $words $$HOME_IS_NOT_EXPANDED

# %% shell.assigned
lines = !printf 'a\nb\n'
print(type(lines).__name__, list(lines), lines.n == "a\nb")
lines

# %% shell.bash
%%bash
for each in 1 2; do echo "line $each"; done
echo "to stderr" >&2

# %% shell.bash-failing raises-exception
%%bash
echo "before it fails"
exit 4

# %% shell.bash-captured
%%bash --out taken --err spoiled
echo taken; echo spoiled >&2

# %% shell.bash-captured-shown
print(repr(taken), repr(spoiled))

# %% shell.python-cell
%%script cat
as it is

# %% shell.system
get_ipython().system("echo by system")
code = os.system("echo by os.system")
time.sleep(0.25)
print(code)

# %% shell.terminal
!test -t 1 && echo a terminal || echo no terminal
!test -t 0 && echo a terminal || echo no terminal

# %% shell.class
print(type(get_ipython()).__module__, type(get_ipython()).__name__)

# %% shell.kernel
print(type(get_ipython().kernel).__name__, get_ipython().kernel.implementation, get_ipython().kernel.banner == get_ipython().banner)

# %% shell.lineage
from IPython.core.interactiveshell import InteractiveShell
from ipykernel.zmqshell import ZMQInteractiveShell
from ipykernel.kernelapp import IPKernelApp
print(isinstance(get_ipython(), ZMQInteractiveShell), InteractiveShell.instance() is get_ipython(), get_ipython().parent is get_ipython().kernel)
print(IPKernelApp.initialized(), "IPKernelApp" in get_ipython().config)

# %% shell.config
print(get_ipython().config.get("HistoryManager"), get_ipython().autoawait, get_ipython().loop_runner, get_ipython().colors)
print(get_ipython().history_manager.hist_file, get_ipython().history_manager.enabled, get_ipython().display_formatter.active_types)
print(get_ipython().user_ns is globals(), get_ipython().user_module.__name__, get_ipython().compile.__class__.__name__)

# %% shell.hidden-names
print(sorted(name for name in get_ipython().user_ns_hidden if not name.strip("_i").isdigit()))

# %% shell.events
def after(result):
    print("after:", result.success, result.result)
get_ipython().events.register("post_run_cell", after)
"registered"

# %% shell.events-seen
"seen"

# %% shell.events-gone
get_ipython().events.unregister("post_run_cell", after)

# %% shell.nested
outcome = get_ipython().run_cell("print('nested'); 6 * 7")
print(outcome.result, outcome.execution_count, outcome.success)

# %% shell.nested-error raises-exception
outcome = get_ipython().run_cell("1 / 0")
print(type(outcome.error_in_exec).__name__, outcome.success)

# %% shell.payload
get_ipython().set_next_input("not for a notebook that runs by itself")
print("set")

# %% shell.page
from IPython.core.page import page
page("a page of text")

# %% shell.transformers
get_ipython().input_transformers_cleanup.append(lambda lines: [line.replace("EINS", "1") for line in lines])

# %% shell.transformed
print(EINS + EINS)
_ = get_ipython().input_transformers_cleanup.pop()

# %% shell.nearly-syntax
def spaced():
	return "a tab"
print(spaced()); print("two on a line")
'''
