# Two commands are enough: `make demo` and `make test`. Each installs what it needs into .venv.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help chromium demo test ui check slow long bench-erase bench-scan bench-desk bench-detectors lock clean

PYTHON ?= python3
UV ?= uv
PORT ?= 3000

VENV := .venv
BIN := $(VENV)/bin
# The locks are complete, so pip has nothing to resolve (--no-deps) and every file has its hash. Bytecode is
# written when a module is first imported and not for all of them beforehand: that halves the wait.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL_LOCK := $(PIP) install --quiet --no-deps --require-hashes --no-compile --progress-bar off
INSTALL_PROJECT := $(PIP) install --quiet --no-deps --no-build-isolation --editable .

unexport PYTHONDONTWRITEBYTECODE

# A stamp is written when its step has succeeded; the second call of a target installs nothing.
MADE := $(VENV)/.made
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

help:  ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(READY)  ## build the film lake, erase a person from it, print the proof
	@$(BIN)/python demo.py

test: $(READY_DEV) chromium  ## run the tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile

ui: $(READY)  ## open the Dagster UI with the desk on 127.0.0.1 (PORT=3000)
	@env -u DAGSTER_HOME $(BIN)/rtbf ui --port $(PORT)

check: $(READY_DEV)  ## format, lint, types, import contracts, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(MAKE) test

slow: $(READY_DEV) chromium  ## run the slow tests
	@$(BIN)/python -m pytest -m "slow and not long" -n 3 --dist worksteal

long: $(READY_DEV)  ## run the longest tests: every kill point, many random lakes, a lake of 1,000 assets
	@$(BIN)/python -m pytest -m long -n 2 --dist worksteal

# The dev lock carries the peers, too.
bench-erase: $(READY_DEV)  ## time the Parquet eraser beside its peers (ARGS="--scale 0.1")
	@$(BIN)/python -m benchmarks.erase $(ARGS)

bench-scan: $(READY_DEV)  ## time the scan and the sweep beside plain decode and their peers
	@$(BIN)/python -m benchmarks.scan $(ARGS)

bench-desk: $(READY_DEV)  ## time the desk and the sensor with 10,000 requests on PostgreSQL: many minutes
	@PYTHONPATH=tests/support $(BIN)/python -W ignore -m benchmarks.desk

bench-detectors: $(READY_DEV)  ## measure precision and recall of the detectors of personal data
	@$(BIN)/python -m benchmarks.detectors

# The small lock is solved first; the other one only adds to it.
LOCK = $(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--group build --extra ui --extra postgres --extra objects --extra demo \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:  ## solve the dependencies anew into the two lock files
	@command -v $(UV) >/dev/null 2>&1 || { echo "uv is missing, and only make lock needs it: pip install uv" >&2; exit 1; }
	@$(LOCK) --output-file requirements.lock
	@$(LOCK) --extra dev --extra bench --constraint requirements.lock --output-file requirements-dev.lock

clean:  ## remove the environment, the demo's state, build outputs and caches
	@rm -rf $(VENV) .dagster_home .rtbf build dist .coverage .coverage.* htmlcov coverage.xml test-output \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@command -v $(PYTHON) >/dev/null 2>&1 \
		|| { echo "$(PYTHON) is missing: sudo apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11, name a newer one with make PYTHON=...: sudo apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' >/dev/null 2>&1 \
		|| { echo "$(PYTHON) cannot make a virtual environment: sudo apt install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null 2>&1 \
		|| { echo "git is missing: sudo apt install git" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(READY): $(MADE) requirements.lock pyproject.toml
	@echo "installing requirements.lock into $(VENV)"
	@$(INSTALL_LOCK) -r requirements.lock
	@$(INSTALL_PROJECT)
	@touch $@

$(READY_DEV): $(MADE) requirements-dev.lock pyproject.toml
	@echo "installing requirements-dev.lock into $(VENV)"
	@$(INSTALL_LOCK) -r requirements-dev.lock
	@$(INSTALL_PROJECT)
	@touch $(READY) $@

# The browser tests need Debian's Chromium; where we may not install it they fail, and say how to.
chromium:
	@command -v chromium >/dev/null 2>&1 || [ "$$(id -u)" != 0 ] \
		|| { echo "installing chromium"; apt-get -qq update && apt-get -qq install -y chromium >/dev/null; }
