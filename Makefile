# Every command of the project; README.md tells what each is for. Needs Debian 12 (or newer), Python 3.11, Node 20.
PYTHON := .venv/bin/python
BASE_PYTHON ?= python3
VOICE_SHA256 := 5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640

.PHONY: demo up down logs status setup test check bench lock voice prompts

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

## The quick half of the same: no servers, no browser.
check: setup
	$(PYTHON) -m ops.check tests/unit tests/protocol

bench: setup
	$(PYTHON) -m bench

## Pin and hash the requirements anew; no index and no folder of this machine gets into the files.
lock:
	$(PYTHON) -m piptools --version >/dev/null 2>&1 || $(PYTHON) -m pip install --quiet pip-tools
	for name in product dev voice; do \
	  $(PYTHON) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	    --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate \
	    --output-file requirements/$$name.txt requirements/$$name.in; \
	done

## The synthesiser of the prompts, in an environment of its own; the product runs without it.
voice:
	test -x .venv-voice/bin/python || $(BASE_PYTHON) -m venv .venv-voice
	.venv-voice/bin/python -m pip install --quiet --require-hashes -r requirements/voice.txt
	mkdir -p .venv-voice/voices
	cd .venv-voice/voices && echo "$(VOICE_SHA256)  zf_xiaobei.bin" | sha256sum --status --check 2>/dev/null || { \
	  npm pack --silent kokoro-js@1.2.1 && \
	  tar xzf kokoro-js-1.2.1.tgz --strip-components=2 package/voices/zf_xiaobei.bin && rm kokoro-js-1.2.1.tgz && \
	  echo "$(VOICE_SHA256)  zf_xiaobei.bin" | sha256sum --check; }

## Speaks every prompt of ivr/prompts/texts.yaml whose text or voice changed.
prompts: voice
	.venv-voice/bin/python -W ignore -m ivr.prompts.render
