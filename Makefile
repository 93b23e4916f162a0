# Everything runs from .venv, which holds exactly what requirements/dev.txt locks.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

# The tests start hundreds of processes: each would compile what it imports anew, and pytest every module of theirs.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run test coverage unit drill soak mutants bench audit lint format browser postgres pooler exiftool compose lock release clean

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

install: $(STAMP)  ## make .venv from the locked requirements (does nothing when it is up to date)

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12")'
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv
	@echo "Installing into it the $$(grep -c '==' $<) packages that $< locks: a minute or two, once ..."
	@began=$$(date +%s) \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
	  && echo "Installed in $$(( $$(date +%s) - began )) s; it takes up $$(du -sh .venv | cut -f1)."
	@touch $(STAMP)

run: install  ## all of it on this machine, with a local Discord, Stability, Postgres and S3 (ARGS="--port 8000")
	@$(BIN)/python -m sandbox $(ARGS)

test: lint  ## lint, types, import rules and every test
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal --cov --cov-report=

coverage: install  ## which lines no test reached, of the last `make test`
	@$(BIN)/coverage report --show-missing

unit: install  ## the tests that need no server, in some seconds
	$(BIN)/python -m pytest --numprocesses 2 tests/unit

drill: install  ## the whole system under load while everything around it fails (ARGS="--seconds 60 --seed 7")
	@$(BIN)/python -m tests.drill $(ARGS)

soak: install  ## 20,000 orders at Stability's limit, and whether anything grew or was lost (ARGS="--orders 500")
	@$(BIN)/python -m tests.soak $(ARGS)

mutants: install  ## plant small mistakes one by one and see whether the tests notice (ARGS="core/policy db/queue --share 0.1")
	@$(BIN)/python -m tests.mutants $(ARGS)

bench: .venv-bench/.installed  ## measure all beside its peers and the machine's floor, some minutes (ARGS="queue pickup", ARGS=--large)
	@.venv-bench/bin/python -m benchmarks $(ARGS)

audit: .venv-audit/.installed  ## is a package that is locked known to be vulnerable? (ARGS="--ignore-vuln GHSA-...")
	@.venv-audit/bin/python -m tools.audit $(ARGS)

# What measures and what audits have environments of their own: what runs and is tested must not depend on them.
.venv-bench/.installed .venv-audit/.installed: .venv-%/.installed: requirements/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

lint: install  ## ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: install  ## a Chromium for the browser tests
	@command -v chromium chromium-browser google-chrome >/dev/null \
	  || $(BIN)/playwright install --with-deps chromium \
	  || { apt-get update -qq && apt-get install --yes -qq chromium; }

postgres:  ## Debian's Postgres, for the tests of a primary that is lost
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { apt-get update -qq && apt-get install --yes -qq postgresql; } \
	  || echo "Debian's Postgres could not be installed: the tests that need it are skipped"

pooler:  ## a pgbouncer for the tests of Postgres behind one
	@command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer \
	  || { apt-get update -qq && apt-get install --yes -qq pgbouncer; } \
	  || echo "pgbouncer could not be installed: the tests that need one are skipped"

exiftool:  ## an exiftool for the tests of what a picture's file says
	@command -v exiftool >/dev/null \
	  || { apt-get update -qq && apt-get install --yes -qq libimage-exiftool-perl; } \
	  || echo "exiftool could not be installed: the tests that need it are skipped"

compose:  ## the real Docker Compose for the tests of compose.yaml
	@docker compose version >/dev/null 2>&1 || test -x .compose/docker-compose || .ci/fetch-compose \
	  || echo "Docker Compose could not be fetched: the tests that need it are skipped"

lock: install  ## resolve the dependencies anew and write the locked requirements (ARGS='--exclude-newer-package "NAME=0 days"')
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --extra traces --output-file requirements/traces.txt
	$(COMPILE) pyproject.toml --extra credentials --output-file requirements/credentials.txt
	$(COMPILE) pyproject.toml --extra traces --extra credentials --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt
	$(COMPILE) --group audit --output-file requirements/audit.txt

# A version is a week old before it is taken: what was broken into is mostly found out within days.
COMPILE = $(BIN)/uv pip compile --upgrade --exclude-newer "7 days" --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --quiet --custom-compile-command "make lock" $(ARGS)

release:  ## a version, its part of the changelog and its tag: docs/RELEASING.md (VERSION=0.2.0)
	@$(PYTHON) -m tools.release "$(VERSION)"

clean:  ## forget the sandbox's data
	rm -rf .sandbox
