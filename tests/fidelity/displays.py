"""Cells that show: rich output, its order, its updates, what the last expression gives."""

CELLS = r"""
# %% display.kinds
from IPython.display import HTML, JSON, SVG, Code, Image, Javascript, Latex, Markdown, Math, Pretty, clear_output, display, update_display
display(HTML("<b>bold &amp; <i>italic</i></b>"), Markdown("# Title\n\n* item"), Latex(r"$\alpha$"), Math(r"\frac{1}{2}"))
display(JSON({"a": [1, 2.5, None, True]}, expanded=True), SVG('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'))
display(Javascript("1 + 1"), Pretty("pretty"), Code("x = 1", language="python"))

# %% display.png
import base64
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
display(Image(PNG, width=10, height=20))
display({"image/png": base64.b64encode(PNG).decode()}, raw=True, metadata={"image/png": {"width": 3}, "own": [1]})

# %% display.raw-bundle
display({"text/plain": "plain", "text/html": "<p>html</p>", "application/vnd.torture+json": {"a": {"b": [1, "\u2603"]}}}, raw=True)

# %% display.plain-objects
display(1, "text", [1, 2], {"a": 1}, None, 1.5, b"bytes", {1}, (1,), ..., print, int)

# %% display.order-with-prints
print("one")
display("two")
print("three", end="")
display("four", HTML("five"))
print("six")
"seven"

# %% display.identified
shown = display("first", display_id="one")
display("another")
shown.update("second")
print(type(shown).__name__, shown.display_id)

# %% display.updated-later
update_display("third, by a later cell", display_id="one")
print("updated")

# %% display.same-identity-twice
display("a", display_id="twice")
display("b", display_id="twice")
update_display(HTML("<b>c</b>"), display_id="twice")

# %% display.unknown-identity
update_display("never shown", display_id="unknown")
handle = display(display_id=True)
print(len(handle.display_id))

# %% display.cleared
print("gone")
display("gone too")
clear_output()
print("left")

# %% display.cleared-when-more-comes
print("stays until more comes")
clear_output(wait=True)
print("more")
clear_output(wait=True)

# %% display.cleared-and-updated
inner = display("inner", display_id="inner")
clear_output(wait=True)
display("outer")
inner.update("inner, updated after it was cleared")

# %% display.progress
from IPython.display import ProgressBar
for _ in ProgressBar(3):
    pass

# %% display.rich-reprs
class Html:
    def _repr_html_(self):
        return "<i>html</i>"
    def _repr_latex_(self):
        return None
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "bundle", "application/json": {"a": 1}}, {"application/json": {"expanded": True}}
class Pretty:
    def _repr_pretty_(self, printer, cycle):
        printer.text("prettily" if not cycle else "...")
class Self:
    def _ipython_display_(self):
        print("shows itself")
display(Html(), Bundle(), Pretty(), Self())
[Html(), Pretty()]

# %% display.failing-repr raises-exception
class Failing:
    def __repr__(self):
        raise ValueError("no repr")
    def _repr_html_(self):
        raise KeyError("no html")
display(Failing())
print("after the failing one")

# %% display.failing-last-expression raises-exception
Failing()

# %% result.last-expression
1 + 1

# %% result.semicolon
1 + 1;

# %% result.none
None

# %% result.assignment
value = 3

# %% result.text
"line\nline \u2603 'quoted'"

# %% result.long-structures
{"numbers": list(range(1200)), "nested": {"deep": [{"a": [1, 2, {"b": "x" * 200}]}]}, "set": {3, 1, 2}}

# %% result.self-itself
ring = [1]
ring.append(ring)
ring

# %% result.exception-object
ValueError("an object, not raised")

# %% result.history
print(_, __, _oh[max(_oh)], In[-1][:12], len(In), sorted(Out)[-2:], _i[:6], _ih is In)

# %% result.several-expressions
get_ipython().ast_node_interactivity = "all"
1
2

# %% result.one-expression-again
get_ipython().ast_node_interactivity = "last_expr"
3
4

# %% result.nothing-of-it

# %% result.comment-alone
# nothing but a comment

# %% result.count
get_ipython().execution_count

# %% display.javascript-magics
%%html
<u>by a magic</u>

# %% display.latex-magic
%%latex
$\beta$

# %% display.markdown-magic
%%markdown
*by a magic*

# %% display.help
len?

# %% display.source-help
Html??

# %% display.comm
import comm
channel = comm.create_comm(target_name="torture", data={"a": 1})
channel.send({"b": 2})
channel.close()
print(type(channel).__module__, type(comm.get_comm_manager()).__name__)

# %% display.widget-with-bytes
model = comm.create_comm(
    target_name="jupyter.widget", comm_id="bytes", metadata={"version": "2.1.0"}, buffers=[b"\x00\xff", memoryview(b"more")],
    data={"state": {"_model_name": "Bytes", "_model_module": "torture", "_model_module_version": "1.0.0"}, "buffer_paths": [["a"], ["b", "c"]]},
)
model.send({"method": "update", "state": {}, "buffer_paths": [["a"]]}, buffers=[b"third"])

# %% display.many
for number in range(50):
    display(number)

# %% result.skipped skip-execution
print("never executed")

# %% display.widget-like
model = comm.create_comm(
    target_name="jupyter.widget", comm_id="torture", data={"state": {"_model_name": "TortureModel", "_model_module": "torture", "_model_module_version": "1.0.0", "value": 1}, "buffer_paths": []}, metadata={"version": "2.1.0"}
)
model.send({"method": "update", "state": {"value": 2}, "buffer_paths": []})
display({"application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": "x"}}, raw=True)
"""
