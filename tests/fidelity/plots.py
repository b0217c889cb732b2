"""Cells of pandas, NumPy and Matplotlib."""

CELLS = r"""
# %% numpy.options
import numpy as np
print(np.get_printoptions())
np.arange(2000).reshape(20, 100)

# %% numpy.set
np.set_printoptions(precision=2, suppress=True)

# %% numpy.still-set
np.array([1.23456, 1e-9])

# %% numpy.warning
np.array([1.0]) / 0

# %% numpy.seeded
print(np.random.default_rng(7).integers(0, 100, 5), np.random.RandomState(7).rand(2))

# %% numpy.error raises-exception
np.arange(3) + np.arange(4)

# %% pandas.options
import pandas as pd
print({name: pd.get_option(f"display.{name}") for name in ("max_columns", "max_rows", "width", "max_colwidth", "notebook_repr_html", "expand_frame_repr", "large_repr", "show_dimensions", "min_rows", "precision")})

# %% pandas.wide
wide = pd.DataFrame({f"column {number}": np.arange(3) * number for number in range(30)})
wide

# %% pandas.wide-printed
print(wide)

# %% pandas.wide-displayed
display(wide.T, wide.iloc[:, :2])

# %% pandas.long
pd.DataFrame({"n": range(500), "text": ["<b>&" * 40] * 500})

# %% pandas.series
pd.Series([1.5, None, 3], index=pd.date_range("2026-01-01", periods=3, tz="UTC"), name="values")

# %% pandas.option-set
pd.set_option("display.max_columns", 4)

# %% pandas.option-still-set
wide

# %% pandas.option-reset
pd.reset_option("display.max_columns")
pd.get_option("display.max_columns")

# %% pandas.context
with pd.option_context("display.max_rows", 4, "display.precision", 1):
    display(pd.DataFrame({"a": np.linspace(0, 1, 10)}))

# %% pandas.styled
pd.DataFrame({"a": [1, 2]}).style.set_uuid("fixed").format("{:.1f}")

# %% pandas.error raises-exception
wide.no_such_column

# %% pandas.warning
pd.to_datetime(["01/02/2026", "2026-02-13"], format="mixed")

# %% plots.backend-before
import matplotlib
print(matplotlib.get_backend(auto_select=False) if "auto_select" in matplotlib.get_backend.__code__.co_varnames else "unasked")

# %% plots.first
import matplotlib.pyplot as plt
plt.plot([1, 3, 2])

# %% plots.settings
print(plt.get_backend(), matplotlib.is_interactive(), plt.isinteractive(), plt.get_fignums())
print({name: value for name, value in matplotlib.rcParams.items() if value != matplotlib.rcParamsDefault[name] and name != "backend"})

# %% plots.semicolon
plt.figure(figsize=(2, 1))
plt.plot([1, 3, 2]);

# %% plots.two-figures
fig, ax = plt.subplots(figsize=(2, 1))
ax.plot([1, 2])
plt.figure(figsize=(1, 1))
plt.plot([2, 1]);

# %% plots.shown-between-prints
print("before")
plt.figure(figsize=(1, 1))
plt.plot([1, 2])
plt.show()
print("between")
plt.figure(figsize=(2, 1))
plt.bar(["a", "b"], [1, 2])
plt.show()
print("after")

# %% plots.closed
fig = plt.figure(figsize=(1, 1))
plt.plot([1, 2])
plt.close(fig)
plt.get_fignums()

# %% plots.last-expression
fig

# %% plots.displayed
fig, ax = plt.subplots(figsize=(2, 2), dpi=50)
ax.text(0.1, 0.5, "\u03b1 $\\beta^2$")
display(fig)
plt.close(fig)

# %% plots.without-pyplot
from matplotlib.figure import Figure
bare = Figure(figsize=(2, 1))
bare.subplots().plot([1, 2, 3])
bare

# %% plots.svg-figure
%config InlineBackend.figure_formats = ["svg"]
fig, ax = plt.subplots(figsize=(2, 1))
ax.plot([1, 3, 2], label="line")
ax.legend();

# %% plots.svg-and-png
from matplotlib_inline.backend_inline import set_matplotlib_formats
set_matplotlib_formats("png", "svg")
plt.figure(figsize=(1, 1))
plt.plot([1, 2]);

# %% plots.retina
%config InlineBackend.figure_formats = ["retina"]
plt.figure(figsize=(1, 1))
plt.plot([1, 2]);

# %% plots.size
%config InlineBackend.figure_formats = ["png"]
plt.rcParams["figure.figsize"] = (1, 1)
plt.rcParams["figure.dpi"] = 60
plt.plot([1, 2]);

# %% plots.size-still
print(plt.rcParams["figure.figsize"])

# %% plots.inline-magic
%matplotlib inline
print(plt.rcParams["figure.figsize"])

# %% plots.listed
%matplotlib --list

# %% plots.unfinished raises-exception
plt.plot([1, 2])
plt.title("drawn before the error")
raise ValueError("after a plot")

# %% plots.after-the-error
print(plt.get_fignums())

# %% plots.failing raises-exception
class Undrawable(matplotlib.lines.Line2D):
    def draw(self, renderer):
        raise ValueError("cannot be drawn")
fig, ax = plt.subplots(figsize=(1, 1))
ax.add_line(Undrawable([0, 1], [0, 1]));

# %% plots.after-the-failing
plt.close("all")
print(plt.get_fignums())

# %% plots.of-pandas
wide.iloc[:, 1:3].plot(figsize=(2, 1), legend=False)

# %% plots.kept-open
%config InlineBackend.close_figures = False
fig, ax = plt.subplots(figsize=(1, 1))
ax.plot([1, 2]);

# %% plots.added-to
ax.plot([2, 1])
plt.close("all")
fig

# %% plots.in-a-thread
import threading
def draw():
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([1, 2])
    display(figure)
thread = threading.Thread(target=draw)
thread.start()
thread.join()

# %% plots.saved
import io
buffer = io.BytesIO()
fig.savefig(buffer, format="png")
print(buffer.getvalue()[:4], len(buffer.getvalue()) > 500)

# %% plots.other-backend
matplotlib.use("agg")
print(plt.get_backend())
plt.figure(figsize=(1, 1));
plt.close("all")
"""
