# Two commands: `make run` opens the demo, `make test` checks everything. Each builds what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint types imports unit format bench soak kill fuzz pins clean

run: $(VENV)/run.stamp
	@$(BIN)/python -m tui demo $(ARGS)

test: lint types imports unit

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports

unit: $(VENV)/dev.stamp
	$(BIN)/pytest $(ARGS)

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.stamp
	$(BIN)/python -m bench

# Ten million quotes through faults at random; ARGS="QUOTES SEED" for others.
soak: $(VENV)/dev.stamp
	$(BIN)/python -m bench.soak $(ARGS)

# The kill test as it is in CI, but with 200 kills and every tick of the day: ten to twenty-five minutes.
kill: $(VENV)/dev.stamp
	TICKWALL_KILLS=200 $(BIN)/pytest -s tests/loopback/test_kill.py

# Two minutes over all parsers: make fuzz ARGS="--seconds 3600 feed tape" for an hour over two.
fuzz: $(VENV)/fuzz.stamp
	$(BIN)/python -m tools.fuzz $(ARGS)

# Everything comes from the pins, hashes checked; the build backend is among them.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements-dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run.stamp

$(VENV)/fuzz.stamp: requirements-fuzz.txt $(VENV)/dev.stamp
	$(PIP) --require-hashes -r requirements-fuzz.txt
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tickwall needs Python 3.11 or newer: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv $(VENV)

# Pins with hashes and without addresses, for every platform; needs uv.
pins:
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --upgrade -o requirements.txt
	uv pip compile -q pyproject.toml --group dev --extra metrics --extra notify --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade \
		-o requirements-dev.txt
	uv pip compile -q --group fuzz --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --upgrade -o requirements-fuzz.txt

clean:
	rm -rf $(VENV) .fuzz build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
