# Everything runs from .venv, which holds exactly what requirements/dev.txt locks.
PYTHON ?= python3
BIN := .venv/bin
BENCH := .venv-bench
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install run test coverage unit drill mutants bench lint format browser pooler exiftool image lock clean

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

mutants: install  ## plant small mistakes one by one and see whether the tests notice (ARGS="core/policy db/queue --share 0.1")
	@$(BIN)/python -m tests.mutants $(ARGS)

bench: $(BENCH)/.installed  ## measure all beside its peers and the machine's floor, some minutes (ARGS="queue pickup", ARGS=--large)
	@$(BENCH)/bin/python -m benchmarks $(ARGS)

# The peers have an environment of their own: what runs and is tested must not depend on them.
$(BENCH)/.installed: requirements/bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
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

pooler:  ## a pgbouncer for the tests of Postgres behind one
	@command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer \
	  || { apt-get update -qq && apt-get install --yes -qq pgbouncer; } \
	  || echo "pgbouncer could not be installed: the tests that need one are skipped"

exiftool:  ## an exiftool for the tests of what a picture's file says
	@command -v exiftool >/dev/null \
	  || { apt-get update -qq && apt-get install --yes -qq libimage-exiftool-perl; } \
	  || echo "exiftool could not be installed: the tests that need it are skipped"

image: install  ## build the image without Docker and run it, in some minutes: as root, on a base made from apt's Debian
	@type buildah catatonit debootstrap podman runc >/dev/null 2>&1 \
	  || { apt-get update -qq && apt-get install --yes -qq --no-install-recommends --no-remove \
	       buildah catatonit debootstrap podman runc; } \
	  || echo "what builds and runs an image could not be installed"
	@$(BIN)/python -m tests.image

lock: install  ## resolve the dependencies anew and write the locked requirements
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --output-file requirements/runtime.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --extra traces --output-file requirements/traces.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --extra credentials --output-file requirements/credentials.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --extra traces --extra credentials --group dev --output-file requirements/dev.txt
	$(BIN)/uv pip compile --group sbom $(LOCK) --output-file requirements/sbom.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt

LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --upgrade --quiet --custom-compile-command "make lock"

clean:  ## forget the sandbox's data
	rm -rf .sandbox
