# Two commands do everything on a machine with Python 3.11, git and make: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := 0.13.9
WORKERS ?= 2

.PHONY: demo test lint types unit docs lock bench ui clean

demo: $(READY)
	$(BIN)/nba-props demo

test: lint types unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

# The data dictionary, written anew from the catalogue.
docs: $(READY)
	$(BIN)/python -m nba_props.catalog.render.markdown docs/tables

# What a slate, a month and a season cost (needs the private archive for real figures).
bench: $(READY)
	$(BIN)/python bench/spine.py

ui: $(READY)
	$(BIN)/nba-props ui

lock: $(READY)
	$(BIN)/uv pip compile setup.cfg --extra dev --generate-hashes -o requirements.lock

$(READY): requirements.lock setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $(READY)

clean:
	rm -rf $(VENV) build *.egg-info
