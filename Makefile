# Everything on a fresh machine: `make demo` shows the product, `make test` checks it.
PYTHON ?= python3
VENV := .venv
BUDGET ?= 60
# Tests wait as long as they work: for servers, disks and windows.
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test soak mutants lint bench docs screenshots clean

demo: $(VENV)/.demo  ## simulate an experiment, integrate it, draw the result
	$(BIN)/saxsdog demo build/demo

test: lint  ## lint, type-check, test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations 25

soak: $(VENV)/.test  ## the long tests, each for BUDGET seconds: make soak BUDGET=600
	$(BIN)/python -m pytest tests/faults -m soak --budget $(BUDGET) --durations 0

mutants: $(VENV)/.mutants  ## which changes of the code no test notices: make mutants MODULE=saxsdog/paths.py
	$(BIN)/python tests/mutants.py $(MODULE)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench  ## measure the speed, beside pyFAI in the same run
	$(BIN)/saxsdog bench

docs: $(VENV)/.docs  ## build the manual as HTML in docs/_build
	$(BIN)/python docs/make_reference.py
	$(BIN)/python -m sphinx --fail-on-warning --quiet -b html docs docs/_build
	@echo "the manual is docs/_build/index.html"

screenshots: $(VENV)/.gui  ## take the pictures of the window anew, without a screen
	$(BIN)/python docs/make_screenshots.py
	@echo "the pictures are in docs/images"

clean:
	rm -rf $(VENV) build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.demo: extra := plot
$(VENV)/.test: extra := test
$(VENV)/.mutants: extra := mutants
$(VENV)/.bench: extra := bench
$(VENV)/.docs: extra := docs
$(VENV)/.gui: extra := gui
$(VENV)/.demo $(VENV)/.test $(VENV)/.mutants $(VENV)/.bench $(VENV)/.docs $(VENV)/.gui: $(VENV)/.made pyproject.toml
	$(PIP) --editable '.[$(extra)]'
	touch $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "saxsdog needs Python 3.11 or newer; '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1). Install it (Debian, Ubuntu: apt install python3 python3-venv)" \
	    "or name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "'$(PYTHON)' cannot make virtual environments: the module ensurepip is missing." \
	    "Install it (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	touch $@
