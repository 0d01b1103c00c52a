# `make` lists the targets. Everything a target needs it sets up itself, given Python >= 3.11.

PYTHON ?= python3
BIN := .venv/bin
DEMO_DB := demo.duckdb
DEMO_REPORT := demo-report.html
DEMO_RUN := demo-run.json

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types architecture unit bench samples rates constraints clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed  ## Put llmaudit into .venv

demo: .venv/installed  ## Read the sample month, show where money and time go and what would help, and report it
	@rm -f $(DEMO_DB) $(DEMO_DB).wal
	cd sample_logs && ../$(BIN)/llmaudit ingest company_month --db ../$(DEMO_DB)
	cd sample_logs && ../$(BIN)/llmaudit ingest company_scores --db ../$(DEMO_DB)
	cd sample_logs && ../$(BIN)/llmaudit breakdown --by feature,model --db ../$(DEMO_DB)
	cd sample_logs && ../$(BIN)/llmaudit simulate --plan plan.yaml --db ../$(DEMO_DB)
	$(BIN)/llmaudit bottleneck --queries sample_logs/rag/queries.jsonl --record $(DEMO_RUN)
	cd sample_logs && ../$(BIN)/llmaudit report --plan plan.yaml --db ../$(DEMO_DB) --run ../$(DEMO_RUN) \
		--output $(CURDIR)/$(DEMO_REPORT)

test: lint types architecture unit  ## What CI runs: lint, types, architecture, every test

lint: .venv/developing  ## Formatting and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/developing  ## mypy --strict
	$(BIN)/mypy

architecture: .venv/developing  ## Rooms depend downwards only
	$(BIN)/lint-imports

unit: .venv/browser  ## Every test
	$(BIN)/python -m pytest -n 2

bench: .venv/developing  ## Ratios against peers and bare SQL, into benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

samples: .venv/installed  ## Write the sample month again
	$(BIN)/python sample_logs/generate.py

rates: .venv/installed  ## Look up the rates of the usual models again, after the price book or the overlay has changed
	$(BIN)/python -m llmaudit.prices.known

constraints: .venv/developing  ## Write down the versions that are installed
	$(BIN)/python -m pip freeze --exclude-editable --exclude llmaudit > constraints.txt

clean:  ## Remove what the targets made
	rm -rf .venv $(DEMO_DB) $(DEMO_DB).wal $(DEMO_REPORT) $(DEMO_RUN) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

# Chromium for the tests of pages. Where it is missing and cannot be installed, they are skipped.
.venv/browser: .venv/developing
	@if { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null; then touch $@; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && touch $@; \
	else echo "no Chromium: tests of pages are skipped (apt-get install chromium)" >&2; fi

.venv/developing: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
