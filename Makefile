# The tasks of the project. `make demo` and `make test` need git, make and Python 3.11 or newer with venv, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
BASE := .venv/.base
ALL := .venv/.all
PEERS_VENV := .venv/peers
PEERS := $(PEERS_VENV)/.installed
SENDERS_VENV := .venv/senders
SENDERS := $(SENDERS_VENV)/.installed

.PHONY: help demo test faults check bench bench-choose bench-deliver docs pictures venv lock

help:
	@echo "make demo    the whole path on generated people: letters over SMTP, clicks, learning, a report"
	@echo "make test    every test, on SQLite and on a PostgreSQL server that it starts itself"
	@echo "make faults  kill -9, full disks, opt-out races and every other row of the fault table, in the long form, with a table"
	@echo "make check   ruff, mypy and the import contracts"
	@echo "make bench   the benchmarks; DATA=FOLDER names the whole journey data"
	@echo "make bench-choose  choosing on real data, with LightGBM, Vowpal Wabbit and MABWiser beside us; CHOOSE='arms --quick'"
	@echo "make bench-deliver  delivery, with django-post_office, django-mailer and nodemailer beside us; DELIVER='--quick'"
	@echo "make venv    .venv with everything in requirements/all.txt"
	@echo "make docs    write docs/cli.md, docs/checks.md and the examples anew from the code"
	@echo "make pictures photograph every page of a small demo: desktop, phone, dark; into var/pictures"
	@echo "make lock    write requirements/*.txt anew from pyproject.toml"

# The demo needs only the base set; where everything is installed already, that will do.
demo: $(if $(wildcard $(ALL)),$(ALL),$(BASE))
	@exec $(BIN)/python -m composer demo $(DEMO)

test: $(ALL)
	@tools/system.sh
	@exec $(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

# Loops over real processes: a quarter of an hour.
faults: $(ALL)
	@tools/system.sh
	@exec $(BIN)/python -m tests.faults $(FAULTS)

check: $(ALL)
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(ALL)
	$(BIN)/python -m bench.compose
	$(BIN)/python -m bench.letters
	$(BIN)/python -m bench.variety
	$(BIN)/python -m bench.plan
	$(BIN)/python -m bench.journey $(DATA)

# The peers stay out of .venv: nothing of theirs may be needed by accident.
bench-choose: $(PEERS)
	@exec $(PEERS_VENV)/bin/python -m bench.choose $(CHOOSE)

bench-deliver: $(ALL) $(SENDERS)
	@exec $(BIN)/python -m bench.deliver $(DELIVER)

docs: $(ALL)
	$(BIN)/python -m tools.document_commands
	$(BIN)/python -m tools.document_checks
	$(BIN)/python -m tools.examples

pictures: $(ALL)
	@tools/system.sh
	$(BIN)/python -m tools.pictures

venv: $(ALL)

# A stamp is touched last: an install that was interrupted is done again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "make: $(PYTHON) must be Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(BASE): requirements/base.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/base.txt
	@touch $@

$(ALL): requirements/all.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/all.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(PEERS): requirements/peers.txt | $(BIN)/python
	$(BIN)/python -m venv $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip --disable-pip-version-check --no-input -q install --require-hashes -r requirements/peers.txt
	@touch $@

$(SENDERS): requirements/senders.txt | $(BIN)/python
	$(BIN)/python -m venv $(SENDERS_VENV)
	$(SENDERS_VENV)/bin/python -m pip --disable-pip-version-check --no-input -q install --require-hashes -r requirements/senders.txt
	@touch $@

# Names, versions and hashes only: no address of any package host gets into the files.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
LOCK := $(COMPILE) pyproject.toml
lock: $(BIN)/python
	$(PIP) install uv
	$(LOCK) --extra postgres -o requirements/base.txt
	$(LOCK) --extra dev --extra postgres -o requirements/all.txt
	$(LOCK) --extra peers --constraint requirements/base.txt -o requirements/peers.txt
	$(COMPILE) --group senders -o requirements/senders.txt
