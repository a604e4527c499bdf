# `make` lists the targets. A machine needs Python >= 3.11, make and git, and nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# The first interpreter here that is new enough; `make PYTHON=/path/to/python3.13 setup` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
UV := $(BIN)/uv pip
RUN := $(BIN)/python -m
LOCK := $(UV) compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock"
SOURCES := layers/domain functions cli local tests benchmarks hatch_build.py

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

.PHONY: setup
setup: .venv/.ready .venv-aws/.ready ## create the virtual environments from the locked requirements

.venv/.uv: requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "Sluice needs Python 3.11 or newer, and found none. Try: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot create virtual environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/python -m pip --no-input install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.ready: .venv/.uv requirements/dev.txt pyproject.toml cli/pyproject.toml
	@VIRTUAL_ENV=.venv $(UV) sync --quiet --require-hashes requirements/dev.txt
	@VIRTUAL_ENV=.venv $(UV) install --quiet --no-deps --no-build-isolation --editable . --editable ./cli
	@touch $@

.venv-aws/.ready: .venv/.uv requirements/aws.txt
	@echo "Making .venv-aws (local AWS and SAM)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-aws
	@VIRTUAL_ENV=.venv-aws $(UV) sync --quiet --require-hashes requirements/aws.txt
	@touch $@

.venv-peers/.ready: .venv/.uv requirements/peers.txt
	@echo "Making .venv-peers (the libraries that are measured beside Sluice)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-peers
	@VIRTUAL_ENV=.venv-peers $(UV) sync --quiet --require-hashes requirements/peers.txt
	@touch $@

.PHONY: demo
demo: setup ## start the local AWS, deploy, import 20,000 products; the stack keeps running
	@$(RUN) local.demos.products

.PHONY: demo-sync
demo-sync: setup ## pull a source twice from a flaky upstream
	@$(RUN) local.demos.sync

.PHONY: demo-voters
demo-voters: setup ## look up 2,000 voters at a flaky commission, one call per row
	@$(RUN) local.demos.voters

.PHONY: up
up: setup ## start the local AWS and deploy Sluice to it, or to AWS_ENDPOINT_URL; with DATABASE=postgres rows go to a PostgreSQL
	@DATABASE=$(DATABASE) $(RUN) local.lifecycle up

.PHONY: down
down: ## stop the local AWS and every process of it
	@test ! -x $(BIN)/python || $(RUN) local.lifecycle down

# Tests that run behind others, whose process is done first otherwise: behind the unit and integration tests, and behind
# those of the pages.
LATE := tests/e2e/test_layers.py
LATE_TOO := tests/hostile tests/e2e/test_cost.py

.PHONY: test
test: setup .venv-peers/.ready ## run every test: unit, integration, faults, end to end, browser; on a local AWS of its own
	@$(RUN) tests.browser.chromium
	@$(RUN) tests.everything --durations=20 tests/unit tests/reading tests/integration tests/faults $(LATE) \
		-- --durations=20 tests/browser $(LATE_TOO) -- --durations=20 tests/e2e $(patsubst %,--ignore=%,$(LATE) $(LATE_TOO))

.PHONY: soak
soak: setup ## run the storms in full size: 5,000 lookups, 120 watchers, 100,000 rows pulled, workers killed in every phase, 2,000 mutants of each format, 500 files a round trip
	@$(RUN) tests.browser.chromium
	SLUICE_SOAK=1 $(RUN) pytest -v -m storm tests/e2e tests/browser tests/soak tests/hostile \
		tests/integration/destinations/test_database_away.py
	SLUICE_SOAK=1 $(RUN) pytest -v tests/reading/test_round_trips.py tests/unit/usecases/test_downloads_again.py

.PHONY: check
check: setup ## run ruff, mypy, import-linter and sam validate
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(RUN) local.deploy --validate

.PHONY: e2e
e2e: setup ## run the end-to-end tests against AWS_ENDPOINT_URL, or a local AWS of its own
	$(RUN) pytest tests/e2e

.PHONY: browser
browser: setup ## run the tests of the web pages in Chromium, on a stack as `make e2e`
	@$(RUN) tests.browser.chromium
	$(RUN) pytest tests/browser

.PHONY: pictures
pictures: setup ## take the pictures of the README anew, on a stack as `make e2e`
	@$(RUN) tests.browser.chromium
	SLUICE_PICTURES=docs/pictures $(RUN) pytest tests/browser/test_pictures.py

.PHONY: planted
planted: setup ## plant faults one by one, and see that the fast tests find each; ARGS="NAME --quick"
	@$(RUN) tests.planted $(ARGS)

.PHONY: bench
bench: setup .venv-peers/.ready ## measure all and write docs/figures.md; ARGS="chunk plan --rows 20000" only prints these
	@$(RUN) benchmarks $(ARGS)

.PHONY: bench-peers
bench-peers: setup .venv-peers/.ready ## measure other libraries beside Sluice, on one workbook and one PostgreSQL
	@$(RUN) benchmarks peers $(ARGS)

.PHONY: cost
cost: setup ## count what AWS would bill for imports, lookups and watching, and write docs/costs.md; ARGS="--rows 2000" only prints
	@$(RUN) benchmarks.cost $(ARGS)

.PHONY: lock
lock: .venv/.uv ## update the locked requirements to the newest versions that fit
	$(LOCK) --upgrade requirements/uv.in -o requirements/uv.txt
	$(LOCK) --upgrade layers/dependencies/requirements.in -o layers/dependencies/requirements.txt
	$(LOCK) --upgrade requirements/dev.in cli/pyproject.toml -o requirements/dev.txt
	$(LOCK) --upgrade requirements/aws.in -o requirements/aws.txt
	$(LOCK) --upgrade requirements/peers.in -o requirements/peers.txt

.PHONY: deploy
deploy: setup ## build and deploy to AWS with your credentials; settings: samconfig.toml, ARGS=--guided
	@$(RUN) local.deploy --aws $(ARGS)

.PHONY: clean
clean: down ## remove the environments and all builds
	rm -rf .venv .venv-aws .venv-peers .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
