# What one does with this repository: `make run`, `make test`.  See CONTRIBUTING.md.
.DELETE_ON_ERROR:
.PHONY: help setup run test lint generated proto pages constraints bench bench-peers fuzz bare
.PHONY: images clean no-loss

BIN := .venv/bin
# Tests at a time.  Many wait for a service or a Postfix to start, so three keep two
# processors busy; the tests of one file share what they start, and stay together.
JOBS ?= 3
PROTOS := pratique/scanners/facts.proto pratique/scanners/wall.proto
PROTOC := $(BIN)/python -m grpc_tools.protoc --proto_path=src

help:
	@echo "make run          start Pratique on 127.0.0.1:10025; its state lies in var/"
	@echo "make test         run all tests, and tell which real servers took part"
	@echo "make lint         what .ci/run demands besides the tests"
	@echo "make bench        load beside a stock aiosmtpd relay; the tables of docs/costs.md anew"
	@echo "make bench-peers  beside rspamd, MIMEDefang, Haraka, amavis, FuGlu (root only, 15 minutes)"
	@echo "make no-loss      kill -9 anything KILLS=500 times under load (root only, 20 minutes)"
	@echo "make fuzz         mutated mail and containers, MINUTES=5 by default"
	@echo "make bare         setup, tests and `make run` on a bare Debian (root only)"
	@echo "make images       the Dockerfile and docker-compose.yml, without an engine (root only)"
	@echo "make proto        generate code anew after a change of a .proto file"
	@echo "make pages        write docs/containers.md, policy_reference.md and settings.md anew"
	@echo "make constraints  choose the versions of all packages anew"
	@echo "make clean        remove what make made, except var/"

setup: .venv/.ready
	@:

.venv/.ready: constraints.txt pyproject.toml tools/setup.sh
	@sh tools/setup.sh run
	@touch $@

# Where these cannot be installed the tests that need them skip and say so.
.venv/.ready-to-test: .venv/.ready
	@if sh tools/setup.sh test; then touch $@; fi

run: setup
	@exec $(BIN)/pratique serve

test: setup .venv/.ready-to-test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS)

lint: setup generated
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

# The generated code in the repository is what the .proto files give today.
generated: setup
	@new=$$(mktemp -d) && trap 'rm -rf "$$new"' EXIT && \
	$(PROTOC) --python_out="$$new" --pyi_out="$$new" $(PROTOS) && \
	for file in $$(cd "$$new" && find . -type f); do \
	    cmp "$$new/$$file" "src/$$file" || { echo "run: make proto" >&2; exit 1; }; \
	done

proto: setup
	@$(PROTOC) --python_out=src --pyi_out=src $(PROTOS)

pages: setup
	@$(BIN)/python tools/containers_page.py
	@$(BIN)/python tools/policy_page.py
	@$(BIN)/python tools/settings_page.py

constraints: setup
	@$(BIN)/python tools/constraints.py

bench: setup
	@$(BIN)/python bench/run.py
	@for each in scanner_costs engine_costs authentication_costs many_rules named_lists \
		replay policy_costs; do \
		$(BIN)/python bench/$$each.py --write || exit 1; done

# Peers that are not installed are left out; bench/README.md says what each needs.
bench-peers: setup
	@$(BIN)/python bench/peers_run.py --out var/bench-peers.jsonl $(BENCH)

# The servers are those of the tests.  Fails if a mail is lost; report and logs: var/no-loss.
KILLS ?= 500
no-loss: setup .venv/.ready-to-test
	@$(BIN)/python bench/no_loss.py --kills $(KILLS) --out var/no-loss $(BENCH)

# A finding lies in tests/fuzz/found, and fails the tests until it is mended.
MINUTES ?= 5
fuzz: setup .venv/.ready-to-test
	@LC_ALL=C.UTF-8 PYTHONPATH=tools $(BIN)/python -m fuzz.run --minutes $(MINUTES)

bare:
	@TESTS="$(TESTS)" sh tools/bare_debian.sh

images:
	@/usr/bin/python3 tools/images.py $(IMAGES)

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find src tests bench tools -name __pycache__ -type d -exec rm -rf {} +
