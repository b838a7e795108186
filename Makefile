# Two commands to begin with: `make demo` and `make test`. Settings: VAR, PORT, PYTHON, TEST_LONG_SECONDS.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_LONG_SECONDS ?= 900
# Two test processes, each with services of its own; files stay whole, and so do the tests of one demo (tests/conftest.py).
SHARED := -n 2
export TEST_LONG_SECONDS
export VAR
export PORT
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# One target at a time: they share the virtual environment.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo stop status reset who sabotage ui quick ui-test test test-long test-kills lint types contracts chromium foreign clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.made:
	@sh deploy/check_machine.sh $(PYTHON)
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# A stamp is newer than what it was made from: a second make installs nothing.
$(VENV)/.run-installed: pyproject.toml | $(VENV)/.made
	@echo "installing Ringfence and what it needs into $(VENV) (a minute or two at first)"
	@$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.dev-installed: pyproject.toml | $(VENV)/.made
	@echo "installing Ringfence and its tests' tools into $(VENV) (a minute or two at first)"
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.run-installed

# The labeling workspace, built from its TypeScript when a source is newer than the build.
UI := annotation/ui
UI_SOURCES := $(shell find $(UI)/src $(UI)/package-lock.json $(UI)/vite.config.mjs $(UI)/verify.config.mjs $(UI)/event.config.mjs $(UI)/tsconfig.json -type f)
UI_BUILT := annotation/static/ui/manifest.json audit/built/verify.html audit/static/audit/event.js

$(UI_BUILT): $(UI_SOURCES) deploy/build_ui.sh | $(VENV)/.made
	@sh deploy/build_ui.sh $(VENV)
	@touch $@

ui: $(UI_BUILT)

demo: $(VENV)/.run-installed $(UI_BUILT) ## start everything, print one address and one login; Ctrl-C stops it
	@exec $(BIN)/python -m ringfence.demo.supervise start

stop: $(VENV)/.run-installed ## stop a demo that runs elsewhere
	@$(BIN)/python -m ringfence.demo.supervise stop

status: $(VENV)/.run-installed ## say which processes of the demo run, and whether it is healthy
	@$(BIN)/python -m ringfence.demo.supervise status

reset: $(VENV)/.run-installed ## remove the demo with all its data
	@$(BIN)/python -m ringfence.demo.supervise reset

who: $(VENV)/.run-installed ## list the demo's people
	@$(BIN)/python -m ringfence.demo.who

sabotage: $(VENV)/.run-installed ## take down a wall of the running demo's shadow and watch a check turn red
	@$(BIN)/python -m ringfence.demo.command checker sabotage $(WALL)

lint: $(VENV)/.dev-installed
	@test ! -e platform/__init__.py || { echo "platform/__init__.py hides the standard library's platform" >&2; exit 1; }
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@sh deploy/build_ui.sh $(VENV) lint

# The type checker's Django plugin reads the settings, which refuse to start without these.
types: $(VENV)/.dev-installed
	RINGFENCE_MODE=test RINGFENCE_SECRET_KEY=types RINGFENCE_CELL_URL=postgresql:///none \
		RINGFENCE_CONTROL_URL=postgresql:///none $(BIN)/mypy

contracts: $(VENV)/.dev-installed
	$(BIN)/lint-imports

chromium:
	@sh deploy/install_chromium.sh

foreign: $(VENV)/.dev-installed
	@$(BIN)/python -m tests.foreign.installing

ui-test: $(VENV)/.made
	@sh deploy/build_ui.sh $(VENV) test

quick: lint ui-test $(VENV)/.dev-installed ## lint and the tests that need no server (under 2 minutes)
	$(BIN)/pytest $(SHARED) tests/unit -m "not long and not ground and not ui"

test: chromium lint types contracts ui-test $(UI_BUILT) foreign $(VENV)/.dev-installed ## everything but the long tests (half an hour on two processors)
	$(BIN)/pytest $(SHARED) -m "not long"

test-long: $(VENV)/.dev-installed $(UI_BUILT) ## random trials and crashes for TEST_LONG_SECONDS (900)
	$(BIN)/pytest -m "long and not kills" -s

test-kills: $(UI_BUILT) $(VENV)/.dev-installed ## sixteen people and at least fifty kills (about a quarter of an hour)
	$(BIN)/pytest -m kills -s

clean: ## remove the virtual environment and caches; the demo's data stays (make reset)
	rm -rf $(VENV) $(UI)/node_modules annotation/static/ui audit/built audit/static/audit/event.js .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
