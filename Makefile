# Two commands do everything on a machine with Python 3.11, git and make: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLOUD := .venv-cloud
CLOUD_READY := $(CLOUD)/.ready
CLOUD_LOCK := nba_props_tests/cloud/requirements.lock
UV := 0.13.9
WORKERS ?= 2

.PHONY: demo test test-cloud lint types unit docs lock bench ui clean

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

# BigQuery and Cloud Storage: against emulator processes and the GoogleSQL reference analyzer, which it starts and stops itself.
test-cloud: $(READY) $(CLOUD_READY)
	NBA_PROPS_CLOUD_TOOLS=$(CURDIR)/$(CLOUD) $(BIN)/pytest -n $(WORKERS) --dist loadgroup -m cloud nba_props_tests/cloud

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
	$(BIN)/uv pip compile nba_props_tests/cloud/requirements.in --python-version 3.11 --generate-hashes -o $(CLOUD_LOCK)

$(READY): requirements.lock setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $(READY)

$(CLOUD_READY): $(READY) $(CLOUD_LOCK)
	test -x $(CLOUD)/bin/python || $(PYTHON) -m venv $(CLOUD)
	$(BIN)/uv pip sync --quiet --python $(CLOUD)/bin/python $(CLOUD_LOCK)
	touch $(CLOUD_READY)

clean:
	rm -rf $(VENV) $(CLOUD) build *.egg-info
