# Every target works from a fresh clone with make and Python 3.11 or newer; the first run fills .venv.
PYTHON ?= python3
VENV   ?= .venv
UV     ?= uv
bin    := $(VENV)/bin
# One process more than there are cores: many tests wait for a server.
JOBS   ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
FUZZ   ?= 300
SOAK   ?= 600
CLIENTS := .clients
# The tests start hundreds of processes; each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
# The tests of pure functions and values.
CORE   := tests/config tests/policies tests/healthcheck/verdict tests/healthcheck/report tests/scenarios \
          $(addprefix tests/dnsemu/,answering clock commands explain fastpath faults publication query_log route53 state \
            what_if wire zone)

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick test-clients fuzz soak lint bench fidelity reference model lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.runtime ## run sample apps, a zone with every policy and live health checks, on loopback
	$(bin)/dnsemu demo

test: $(VENV)/.dev ## run all tests, in parallel; TESTS=tests/e2e runs a part
	$(bin)/python -m pytest -n $(JOBS) $(TESTS)

test-quick: $(VENV)/.dev ## run the tests that need no socket and no process
	$(bin)/python -m pytest -n $(JOBS) --core $(CORE)

test-clients: $(VENV)/.dev $(CLIENTS)/ansible/.ready $(CLIENTS)/lexicon/.ready $(CLIENTS)/javascript/.ready ## run other people's programs against the server
	$(bin)/python -m pytest -n $(JOBS) $(if $(TESTS),$(TESTS),tests/clients)

fuzz: $(VENV)/.dev ## try random packets, requests, files, snapshots and responses; FUZZ=300 is the seconds, SEED=1 the first seed
	$(bin)/python -m tests.hostile.fuzzing --seconds $(FUZZ) $(if $(SEED),--seed $(SEED))

soak: $(VENV)/.dev ## change everything all the time, and see that memory stays flat; SOAK=600 is the seconds
	$(bin)/python -m tests.hostile.soak --seconds $(SOAK) $(if $(SEED),--seed $(SEED))

lint: $(VENV)/.dev ## check style, format and types, and the lock for known vulnerabilities
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/mypy --explicit-package-bases scripts
	$(bin)/python -m scripts.audit

bench: $(VENV)/.dev ## measure answers, health checks, gaps and the API; BENCH=--quick for a short first part
	$(bin)/python tests/bench/run.py $(BENCH)
	$(bin)/python tests/bench/health.py
	$(bin)/python tests/bench/churn.py
	$(bin)/python tests/bench/gaps.py
	$(bin)/python tests/bench/api.py
	$(bin)/python tests/bench/drills.py

fidelity: $(VENV)/.dev ## write FIDELITY.md from the rules, the tests and the notes
	$(bin)/python -m scripts.fidelity

reference: $(VENV)/.dev ## write the tables of docs/reference.md from the shapes of the file
	$(bin)/python -m scripts.reference

model: $(VENV)/.dev ## extract the service model of Route 53 from the installed botocore
	$(bin)/python -m scripts.service_model

lock: ## resolve the dependencies into requirements.lock (needs uv)
	$(UV) pip compile --quiet --no-header --universal --upgrade --extra dev pyproject.toml -o requirements.lock

clean: ## remove the environment and all caches
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(CLIENTS)

$(bin)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "dnsemu needs Python 3.11 or newer; $(PYTHON) is" "$$($(PYTHON) --version 2>&1)." \
	       "Name another one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml requirements.lock | $(bin)/python
	$(bin)/python -m pip install --quiet --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock | $(bin)/python
	$(bin)/python -m pip install --quiet --constraint requirements.lock --editable '.[dev]'
	@touch $@ $(VENV)/.runtime

# An environment for each client, since their dependencies conflict. Without npm its tests are skipped, or fail where CI is set.
$(CLIENTS)/javascript/.ready: tests/clients/javascript/package.json
	@mkdir -p $(@D) && cp $< $(@D)
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix $(@D) && touch $@; \
	  else echo "npm is missing: the AWS SDK for JavaScript is not installed"; fi

$(CLIENTS)/%/.ready: tests/clients/%/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --requirement $<
	@touch $@
