SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet
# What needs no server, no browser and not long: these tests do not get into each other's way.
QUICK := not integration and not journey and not long and not postgresql
# What starts real servers and browsers, one after the other.
REAL := not postgresql and not ($(QUICK))
COVERED := $(PYTEST) --cov --cov-append --cov-report= --cov-fail-under=0
# Tests that failed have a second try, by themselves; docs/decisions.md says why. Whatever else went wrong has none.
SECOND_TRY := --last-failed --last-failed-no-failures none
NPM := npm --prefix noVNC

.PHONY: help run test test-quick style types viewer-test bench docs site pictures wheel deb lock clean

help:  ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run:  ## Install what is missing, then serve everything on this machine until Ctrl-C
	@scripts/setup run
	@exec $(BIN)/reachback up

test:  ## Install what is missing, then run every check and every test
	@scripts/setup test
	@$(MAKE) --no-print-directory style types viewer-test
	rm -f .coverage
	$(COVERED) --cache-clear --numprocesses auto -m '$(QUICK)' || { test $$? = 1 && $(COVERED) $(SECOND_TRY) -m '$(QUICK)'; }
	$(COVERED) --numprocesses auto -m postgresql || { test $$? = 1 && $(COVERED) $(SECOND_TRY) -m postgresql; }
	$(COVERED) -m '$(REAL)' || { test $$? = 1 && $(COVERED) $(SECOND_TRY) -m '$(REAL)'; }
	$(BIN)/coverage report

test-quick:  ## The tests that need no browser and no server: a minute or two
	@scripts/setup quick
	$(PYTEST) --numprocesses auto -m '$(QUICK)'

style:  ## Python, templates and JavaScript as the house writes them
	@scripts/setup test
	$(BIN)/ruff check .
	$(BIN)/djlint --quiet --lint portal/templates
	noVNC/node_modules/.bin/eslint .

types:  ## mypy, strict
	@scripts/setup quick
	$(BIN)/mypy

viewer-test:  ## The viewer's own tests, in node
	@scripts/setup test
	node --test --test-reporter=spec noVNC/test/*.test.js

bench:  ## Print how fast calls are carried, side by side; docs/benchmarks.md says how to read it
	@scripts/setup quick
	$(BIN)/python -m benchmarks

docs:  ## Write the pages that are made from code: settings, states
	@scripts/setup quick
	$(BIN)/python scripts/write_docs.py

site:  ## Build the documentation's pages into site/; a link that leads nowhere fails
	@scripts/setup quick
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

pictures:  ## Take the documentation's pictures anew, from the real program in a real browser
	@scripts/setup test
	$(BIN)/python -m tests.journey.screenshots

wheel:  ## Build dist/*.whl with noVNC inside, and list its files
	@scripts/setup test
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation
	$(BIN)/python -m zipfile --list dist/*.whl

deb: wheel  ## Build dist/*.deb, the package for this Debian; docs/install.md tells how to use it
	scripts/build_deb dist/*.whl dist

lock:  ## Write the lock files anew, with the newest versions allowed
	@scripts/setup test
	$(LOCK) --upgrade --group build --output-file requirements.lock
	$(LOCK) --upgrade --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(NPM) update --package-lock-only --omit-lockfile-registry-resolved

clean:  ## Remove what the other targets made, but not the state in var/
	rm -rf .venv noVNC/node_modules dist .coverage htmlcov .mypy_cache .pytest_cache .ruff_cache .hypothesis
