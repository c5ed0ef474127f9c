# Every command of the project; README.md tells what each is for. Needs Debian 12 (or newer), Python 3.11, Node 20.
PYTHON := .venv/bin/python
BASE_PYTHON ?= python3

.PHONY: demo up down logs status setup test check bench lock voice

## The whole system with one real call through it; stays running afterwards.
demo: up
	$(PYTHON) -m ops.demo

up: setup
	$(PYTHON) -m ops.stack start

down:
	$(PYTHON) -m ops.stack stop

logs:
	$(PYTHON) -m ops.stack logs

status:
	$(PYTHON) -m services.cli status

## Installs what is missing; a second run takes a few seconds.
setup:
	@$(BASE_PYTHON) -m ops.setup

## Everything that CI runs, from a bare machine.
test: setup
	$(PYTHON) -m ops.check

bench: setup
	$(PYTHON) -m bench

## Pin and hash the requirements anew; no index and no folder of this machine gets into the files.
lock:
	$(PYTHON) -m piptools --version >/dev/null 2>&1 || $(PYTHON) -m pip install --quiet pip-tools
	for name in product dev; do \
	  $(PYTHON) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	    --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate \
	    --output-file requirements/$$name.txt requirements/$$name.in; \
	done
