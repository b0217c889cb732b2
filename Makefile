# Every target sets up what it needs. Python 3.11 or later, make and the package registries are all that must be there.
.DEFAULT_GOAL := help
.PHONY: help setup daily run lab sandbox drill report test test-all check bench clean lock schema browser examples

PYTHON ?= python3
VENV   ?= .venv
READY  := $(VENV)/.ready
BIN    := $(VENV)/bin
NAME   ?= system-health
ENV    ?= sandbox sandbox-staging sandbox-dev
DESK   := reports/lab/$(shell date -u +%Y%m%dT%H%M%SZ)
OURS   := $(CURDIR)/lib/runbooks/templates/jupyter
CACHE  := UV_NATIVE_TLS=1 UV_SYSTEM_CERTS=1

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  ENV=production   the environment(s) to run on; without it, the three sandboxed ones"
	@echo "  NAME=...         the runbook to run; 'runbooks list' names them"

setup: $(READY)  ## install what the runbooks need into .venv (the other targets do it too)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, $(PYTHON) is " + sys.version.split()[0])'
	@echo "setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@{ $(BIN)/python -m pip install -q 'uv>=0.5' && $(CACHE) $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock; } >/dev/null 2>&1 \
	  || $(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

daily: setup  ## run the daily runbooks on ENV and write their reports
	@$(BIN)/runbooks daily $(addprefix -e ,$(ENV))

run: setup  ## run the runbook NAME on ENV
	@$(BIN)/runbooks run $(NAME) $(addprefix -e ,$(ENV))

lab: setup  ## open a copy of the notebooks in JupyterLab, on this machine only
	@mkdir -p $(DESK) && cp -R notebooks/. $(DESK)
	@JUPYTER_CONFIG_PATH=$(OURS) JUPYTER_PATH=$(OURS) $(BIN)/jupyter lab --ServerApp.root_dir=$(DESK) $(DESK)/daily/system-health.ipynb

sandbox: setup  ## start the local platform and leave it running ('runbooks sandbox down' ends it)
	@$(BIN)/runbooks sandbox up

drill: setup  ## break the sandbox in every known way and score the runbooks
	@$(BIN)/runbooks drill

report: setup  ## render reports/index.html and every unfinished run again from the records
	@$(BIN)/runbooks report --index

check: setup  ## lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

browser:
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq >/dev/null 2>&1 && apt-get install -qq -y chromium >/dev/null 2>&1; } || \
	  echo "Chromium is not here and cannot be installed: the browser tests will be skipped"

test: check browser  ## the tests: lint, types, units, drills, notebooks, runs that are killed, reports in a browser
	@$(BIN)/python -m pytest -q -n 3 --dist worksteal -m 'not slow' tests
	@$(BIN)/python -m pytest -q --nbval-lax -p no:cacheprovider notebooks

test-all: check browser  ## the tests and the slow ones too: JupyterLab, ten random kills, every way to be blind
	@$(BIN)/python -m pytest -q -n 3 --dist worksteal tests
	@$(BIN)/python -m pytest -q --nbval-lax -p no:cacheprovider notebooks

bench: setup  ## measure, as ratios in one run
	@$(BIN)/python -m tests.benchmarks

lock: setup  ## resolve the dependencies anew into requirements.lock
	@$(CACHE) $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --all-extras pyproject.toml -o requirements.lock

schema: setup  ## write the JSON schemas of what crosses a boundary
	@$(BIN)/python tests/data/generate_schemas.py

examples: setup browser  ## write reports/examples/ anew: pages and pictures of a quiet and of a bad day
	@$(BIN)/python -m tests.data.generate_examples

clean:  ## remove what was made here: the environment, caches and generated reports
	@rm -rf $(VENV) .bench build .mypy_cache .pytest_cache .ruff_cache lib/*.egg-info
	@find reports -mindepth 1 -maxdepth 1 ! -name examples -exec rm -rf {} +
	@find lib tests -name __pycache__ -type d -prune -exec rm -rf {} +
