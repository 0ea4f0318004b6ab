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

DIST ?= dist

.PHONY: demo test test-whole test-cloud torture wheel test-wheel test-postgres test-browser lint types unit docs lock bench bench-truth ui clean

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

# Whole slates, again and again: repeated, killed at any moment, removed without a trace.
test-whole: $(READY)
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m whole

# BigQuery and Cloud Storage: against emulator processes and the GoogleSQL reference analyzer, which it starts and stops itself.
test-cloud: $(READY) $(CLOUD_READY)
	NBA_PROPS_CLOUD_TOOLS=$(CURDIR)/$(CLOUD) $(BIN)/pytest -n $(WORKERS) --dist loadgroup -m cloud nba_props_tests/cloud

# Every fault at every request of a consolidation and of a whole slate, against the emulators behind a proxy: hours.
torture: $(READY) $(CLOUD_READY)
	NBA_PROPS_CLOUD_TOOLS=$(CURDIR)/$(CLOUD) $(BIN)/python -m nba_props_tests.cloud.faults.torture

# Built from a copy: a build in place would leave its own files here, and take along what an earlier one had left.
wheel: $(READY)
	copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && cp -r README.md pyproject.toml setup.cfg setup.py nba_props sql "$$copy" \
	&& $(BIN)/uv build --quiet --wheel --out-dir "$(abspath $(DIST))" "$$copy"

# What is installed from the wheel, with the image's own lock file, outside the checkout: everything that runs must be in it.
test-wheel: $(READY)
	$(BIN)/pytest -m wheel nba_props_tests/deploy

# Dagster's records in PostgreSQL: a cluster of Debian's package, in a temporary directory, started and stopped by the test.
test-postgres: $(READY)
	$(BIN)/pytest -m postgres nba_props_tests/deploy

# The UI in Debian's Chromium, on a simulated league: UI_SCREENSHOTS=DIR keeps what it saw.
test-browser: $(READY)
	$(BIN)/pytest -m browser nba_props_tests/ui

# Column lineage, read off the queries, and the data dictionary, written anew from the catalogue.
docs: $(READY)
	$(BIN)/python -m nba_props.io.warehouse.lineage
	$(BIN)/python -m nba_props.catalog.render.markdown docs/tables

# What a slate, a month and a season cost (needs the private archive for real figures).
bench: $(READY)
	$(BIN)/python bench/spine.py

# How near every system comes to the truth of a simulated league (no data needed).
bench-truth: $(READY)
	$(BIN)/python bench/simulated_truth.py

ui: $(READY)
	$(BIN)/nba-props ui

lock: $(READY)
	$(BIN)/uv pip compile setup.cfg --extra dev --generate-hashes -o requirements.lock
	$(BIN)/uv pip compile setup.cfg --extra postgres --extra kubernetes --extra celery --extra monitoring \
		--constraint requirements.lock --generate-hashes -o deploy/requirements.lock
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
