# Two commands need nothing but Python 3.11 with pip: `make demo` and `make test`.
# One environment, .venv, from the hashed locks; a stamp per lock says how much is in it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python that is new enough and has pip; a shim that only prints an error is passed by.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
  $$p -c 'import sys, venv, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)

VENV := .venv
RUNTIME := $(VENV)/.runtime-stamp
DEV := $(VENV)/.dev-stamp
BIN := $(VENV)/bin
# --no-deps: the lock is whole already. --only-binary: nothing is compiled on a bare machine.
# --no-compile: Python does that for what is imported, in a third of the time.
INSTALL = $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet install --no-deps --no-compile
FROM_LOCK = $(INSTALL) --require-hashes --only-binary :all: --requirement
LOCK = env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet \
  --no-config --generate-hashes --allow-unsafe --strip-extras --all-build-deps \
  --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
  --annotation-style=line

.PHONY: help demo test docker lint types coverage bench docs lock serve clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## the main job: a one-stop office at work; leaves lienthong.db behind
	@$(BIN)/lienthong demo

test: $(DEV) ## everything, with a real Kafka and a real PostgreSQL
	@command -v dot >/dev/null || echo "Graphviz is missing, drawings cannot be tested: apt-get install graphviz"
	@command -v chromium >/dev/null || echo "Chromium is missing, pages cannot be looked at: apt-get install chromium"
	@$(BIN)/python -c 'import weasyprint' 2>/dev/null || echo "Pango is missing, forms cannot be printed: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2"
	@$(BIN)/python -m tests.servers
	@echo "Running every test on two processes."
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -rfEs --tb=short

docker: $(DEV) ## the tests' servers as containers, from images built here; needs a Docker engine
	@tests/docker/build
	@LIENTHONG_TEST_SERVERS=docker $(BIN)/python -m pytest -q tests/docker tests/integration/test_servers*.py

lint: $(DEV) ## ruff, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: $(DEV) ## mypy, strict
	@$(BIN)/mypy

# The written cases reach it without the walks at random, which only `make test` runs.
coverage: $(DEV) ## branches of the pure core that its tests reach: at least 95 %
	@$(BIN)/python -m pytest -q -n 2 --cov=engine.core --cov-branch --cov-fail-under=95 \
	  tests/core tests/unit/test_calendar.py tests/unit/test_clock.py tests/unit/test_derivation.py \
	  --ignore tests/core/test_walks.py --ignore tests/core/test_walks_retried.py

bench: $(DEV) ## the figures of the docs, measured on this machine
	@$(BIN)/python -m bench

docs: $(RUNTIME) ## draw every procedure of the catalogue again
	@mkdir -p docs/procedures
	@$(BIN)/lienthong procedures list --json \
	  | $(BIN)/python -c 'import json, sys; [print(p["id"]) for p in json.load(sys.stdin)]' \
	  | while read -r id; do $(BIN)/lienthong procedures draw "$$id" -o "docs/procedures/$$id.svg"; done

serve: $(RUNTIME) ## the web page and the HTTP API, on lienthong.db of this folder
	@$(BIN)/lienthong serve

lock: $(DEV) ## resolve both locks again (make lock UPGRADE=--upgrade for newer versions)
	@echo "Resolving requirements.lock and requirements-dev.lock (some minutes)."
	@$(LOCK) $(UPGRADE) --output-file=requirements.lock pyproject.toml
	@$(LOCK) $(UPGRADE) --extra=dev --constraint=requirements.lock \
	  --output-file=requirements-dev.lock pyproject.toml

clean: ## remove the environment and every cache, not the store
	@rm -rf $(VENV) *.egg-info build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "lienthong needs Python 3.11 or newer with pip and venv:" \
	  "on Debian, apt-get install python3 python3-pip python3-venv" >&2; exit 1; fi
	@echo "Making $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv --clear --without-pip $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what lienthong needs (requirements.lock)."
	@$(FROM_LOCK) requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

# The larger lock holds the smaller at the same versions, so it serves both.
$(DEV): requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what lienthong and its tests need (requirements-dev.lock)."
	@$(FROM_LOCK) requirements-dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@ $(RUNTIME)
