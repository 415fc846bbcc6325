# Everything that a newcomer types. Each command installs what it needs first, and says nothing when nothing is missing.

DATA ?= ./data
LISTEN ?= 127.0.0.1:7447
PYTHON := .venv/bin/python
SOURCES := Package.swift $(wildcard Sources Tests Benchmarks)

.DEFAULT_GOAL := help
# The commands share one build directory.
.NOTPARALLEL:
.PHONY: help run test test-swift test-clients demo bench chaos sanitize lint release setup venv chaos-tools clean

help: ## this list
	@echo "Ringdown: a Nostr relay that rings both ends, and the log that proves it."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo
	@echo "  make run ARGS='--open'   passes settings on; DATA=$(DATA) and LISTEN=$(LISTEN) are the defaults"

run: release ## build and start a relay on this machine
	exec .build/release/ringdown-relay run --data "$(DATA)" --listen "$(LISTEN)" $(ARGS)

test: test-swift test-clients ## all tests: the Swift ones, then outside clients against the release binaries

test-swift: setup ## the Swift tests alone
	swift build --build-tests
	RINGDOWN_STORY_LOGS=$(CURDIR)/.build/story-logs swift test --skip-build

test-clients: release venv ## outside clients against the release binaries (ARGS='-k NAME' picks some)
	$(PYTHON) -m pytest Tests/Clients $(ARGS)

demo: release venv ## a call granted, three refused, and what the log says of them
	@$(PYTHON) scripts/demo.py

bench: release ## measure this machine and the relay on it
	.build/release/ringdown-bench $(ARGS)

chaos: release venv chaos-tools ## break the relay and its log on purpose, at length (SUITES='crash faults' picks some)
	scripts/chaos.sh $(SUITES)

sanitize: setup ## the Swift tests under a sanitizer (KIND=thread, address or relay; ARGS='--filter X')
	scripts/sanitize.sh $(or $(KIND),thread) $(ARGS)

lint: venv ## check the form of the sources
	swift format lint --strict --recursive --parallel $(SOURCES)
	.venv/bin/ruff check --quiet

release: setup ## build the release binaries
	swift build -c release

setup: ## install the Debian packages that the build needs
	@scripts/setup.sh build

venv: ## install what the outside clients need, in .venv
	@scripts/setup.sh clients

chaos-tools: ## install what the suites of chaos need besides
	@scripts/setup.sh chaos

clean: ## remove everything that was built; the data directory stays
	rm -rf .build .venv .venv-buzz .venv-outside Tests/Clients/__pycache__ Tests/Clients/.pytest_cache
