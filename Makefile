# What a person types here. `make` alone lists it. The work itself is in infra/local and test.

.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

# Temporary files of everything started here stay in the data folder too.
export TMPDIR := $(abspath $(or $(FLEET_DATA_DIR),.fleet))/tmp
RUN := node --import tsx
FLEET := npx --no-install fleet

.PHONY: help up down restart status logs reset check test test-unit test-integration \
        simulate faults faults-short attack soak-ingest kill-ingest overload-ingest bench-latency bench-process bench-ingest bench-ledger bench-sinks bench-timers bench-alerts \
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

soak-ingest: install ## ten minutes of steady traffic: whether the edge's memory stays flat (ARGS="--seconds 60")
	@$(RUN) test/bench/ingest/endurance/soak.ts $(ARGS)

kill-ingest: install ## 200,000 requests, brokers and ingesters killed at random: every 200 is in the topic (ARGS="--requests 5000")
	@$(RUN) test/bench/ingest/endurance/kill.ts $(ARGS)

overload-ingest: install ## four times what the edge can do: goodput, refusals, memory (ARGS="--seconds 10")
	@$(RUN) test/bench/ingest/endurance/overload.ts $(ARGS)

bench-sinks: install ## the lag of every sink while the processor works off a backlog (ARGS="--events 50000")
	@$(RUN) test/bench/sinks/main.ts $(ARGS)

bench-ledger: install ## 1,000,000 money events, the sink killed on the way, the books to the minor unit (ARGS="--events 200000")
	@$(RUN) test/bench/ledger/main.ts $(ARGS)

bench-timers: install ## 100,000 pending timers of automation: opened, restored in under 10 s, fired (ARGS="--timers 10000")
	@$(RUN) test/bench/timers.ts $(ARGS)

bench-alerts: install ## precision and recall of the alert detectors over 20 held-out seeds (ARGS="--verbose")
	@$(RUN) test/bench/alerts/main.ts $(ARGS)

simulate: install ## seeded worlds with faults, judged (SEEDS=2000, FROM=1, MUTANTS=all for planted defects)
	@$(RUN) test/simulation/main.ts --seeds $(or $(SEEDS),2000) --from $(or $(FROM),1) \
	  $(if $(MUTANTS),--mutants $(MUTANTS))

faults: install ## real brokers and services under faults, judged by Kafka's Java client (ARGS="--seed 7")
	@$(RUN) test/faults/main.ts --report $(ARGS)

faults-short: install ## the same with 20,000 events in about three minutes
	@$(RUN) test/faults/main.ts --short $(ARGS)

attack: install ## edge, admin API, command, schema files and every adapter under attack (RUNS=100000)
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
