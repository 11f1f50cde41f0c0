# What a person types here. `make` alone lists it. The work itself is in infra/local and test.

.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

# Temporary files of everything started here stay in the data folder too.
export TMPDIR := $(abspath $(or $(FLEET_DATA_DIR),.fleet))/tmp
RUN := node --import tsx
FLEET := npx --no-install fleet

.PHONY: help up down restart status logs reset check test test-unit test-integration \
        simulate faults faults-short attack bench-latency bench-process bench-ingest \
        docs topics schemas install

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: install ## start everything in the background and run the demo (DEMO=0 leaves it out)
	@$(RUN) infra/local/up.ts

down: install ## end what `make up` started
	@$(RUN) infra/local/down.ts

restart: install ## end the services alone and start them from the present sources
	@$(RUN) infra/local/down.ts services
	@DEMO=0 $(RUN) infra/local/up.ts

status: install ## what runs, since when, with how much memory
	@$(RUN) infra/local/status.ts || true

logs: install ## the end of every log (SERVICE=name for one, FOLLOW=1 to go on)
	@$(RUN) infra/local/logs.ts

reset: install ## end everything and empty the data folder; asks (FORCE=1 does not, DIST=1 downloads too)
	@$(RUN) infra/local/reset.ts

check: install ## types, lint, format, unused code
	npx --no-install tsc -p tsconfig.json
	npx --no-install tsc -p tsconfig.pure.json
	npx --no-install oxlint --type-aware
	npx --no-install prettier --check --log-level warn .
	npx --no-install knip

test: install ## every test: unit, integration on the real parts, end to end
	@$(RUN) test/run.ts

test-unit: install ## the tests that need nothing but Node
	@$(RUN) test/run.ts unit

test-integration: install ## the tests on a real Kafka, registry and Redis
	@$(RUN) test/run.ts integration

bench-latency: install ## first byte of a request to the record in a consumer (needs `make up`)
	@$(RUN) test/bench/latency.ts

bench-process: install ## the processor against Kafka Streams, alternating (ROUNDS=3; LONG=1: restart, takeover, growth too)
	@$(RUN) test/bench/process/main.ts $(if $(ROUNDS),--rounds $(ROUNDS))

bench-ingest: install ## the edge against Go and express, alternating (ARGS="--rounds 1 --seconds 5")
	@$(RUN) test/bench/ingest/main.ts $(ARGS)

simulate: install ## seeded worlds with faults, judged (SEEDS=2000, FROM=1, MUTANTS=all for planted defects)
	@$(RUN) test/simulation/main.ts --seeds $(or $(SEEDS),2000) --from $(or $(FROM),1) \
	  $(if $(MUTANTS),--mutants $(MUTANTS))

faults: install ## real brokers and services under faults, judged by Kafka's Java client (ARGS="--seed 7")
	@$(RUN) test/faults/main.ts --report $(ARGS)

faults-short: install ## the same with 20,000 events in about three minutes
	@$(RUN) test/faults/main.ts --short $(ARGS)

attack: install ## sockets against a running ingester, bytes against every adapter (RUNS=100000)
	@$(RUN) test/attack/main.ts $(if $(RUNS),--runs $(RUNS))

docs: install ## generate docs/generated and the record types again
	@$(RUN) infra/schemas/generate-types.ts
	@$(RUN) infra/docs/generate.ts

topics: install ## create missing topics, report drift
	@$(FLEET) topics apply

schemas: install ## register the schemas
	@$(FLEET) schemas register

install: node_modules/.package-lock.json | $(TMPDIR)

# npm ci, not npm install: exactly what the lock file says.
node_modules/.package-lock.json: package-lock.json | $(TMPDIR)
	@echo "installing packages (npm ci)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(TMPDIR):
	@mkdir -p $@
