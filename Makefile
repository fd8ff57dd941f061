# Everything a developer or a build machine runs. `make help` lists it.
.POSIX:
.SUFFIXES:

REPO =
ARGS =
MINUTES = 3
SEED = 1
SEEDS = 300
PIN = --universal --generate-hashes --no-header --quiet

# An environment made once and filled from hashed files only; the files below .venv/ are stamps.
IN_VENV = .venv/bin/python -m
UV_HOME = [ -w "$${HOME:-/nonexistent}" ] || export UV_NO_CACHE=1
INSTALL = $(UV_HOME); \
	if command -v uv >/dev/null; then uv pip install --quiet --python .venv/bin/python --require-hashes -r "$$set"; \
	else $(IN_VENV) pip --version >/dev/null 2>&1 || $(IN_VENV) ensurepip >/dev/null; \
	$(IN_VENV) pip install --quiet --disable-pip-version-check --require-hashes -r "$$set"; fi

help:
	@echo 'make quickstart [REPO=url]  analyze a repository, on a PostgreSQL of its own'
	@echo 'make up                     run the workers and the dashboard on that PostgreSQL until Ctrl-C'
	@echo 'make test [ARGS=...]        every test but the slow faults, or what these arguments of pytest choose'
	@echo 'make faults [ARGS=...]      every test of a fault: processes killed, PostgreSQL stopped, connections cut'
	@echo 'make mutants [ARGS=claim]   break each guard of the job SQL in turn: do the tests notice?'
	@echo 'make nemesis [MINUTES=3] [SEED=1]  attack a fleet at random, and judge what came of it'
	@echo 'make peers                  install the other job queues that this one is compared with, below ~/.cache'
	@echo 'make faults-peers [ARGS="kill pgqueuer"]  do the same faults to this queue and to those; 15 minutes'
	@echo 'make simulate [SEEDS=300]   the workers under simulated trouble; SEED=n replays one'
	@echo 'make bench [ARGS=drain]     every figure, beside the raw bound and other queues; bench-quick takes a minute'
	@echo 'make bench-plots            docs/benchmarks/ from what make bench found'
	@echo 'make accuracy [ARGS="--only express"]  the tests found in real projects, beside those that their frameworks collect'
	@echo 'make examples               docs/examples/: the specifications of ten real repositories, fetched below ~/.cache'
	@echo 'make images [ARGS=cleanup]  build the images on a stand-in for their base, and look into them; as root on Debian, minutes'
	@echo 'make lint                   formatting, lint, types, import contracts, SQL and image files'
	@echo 'make lock [UPGRADE=--upgrade]  write requirements/*.txt again from pyproject.toml'
	@echo 'make lock-peers             write the locks of the other job queues again; needs npm, too'
	@echo 'make clean                  remove what these commands made'

quickstart: .venv/.quickstart
	@$(IN_VENV) entrypoints.quickstart $${REPO:+"$$REPO"}

up: .venv/.quickstart
	@$(IN_VENV) entrypoints.up

test: .venv/.dev browser
	@$(IN_VENV) pytest $(ARGS)

faults: .venv/.dev
	@$(IN_VENV) pytest -m 'faults or not faults' tests/faults tests/defects tests/testing/test_faults.py tests/test_fault_table.py $(ARGS)

mutants: .venv/.dev
	@$(IN_VENV) tests.mutants $(ARGS)

nemesis: .venv/.dev
	@$(IN_VENV) benchmarks.nemesis $(MINUTES) $(SEED)

peers: .venv/.dev
	@$(IN_VENV) benchmarks.peers $(ARGS)

faults-peers: .venv/.dev
	@$(IN_VENV) benchmarks.fault_table $(ARGS)

simulate: .venv/.dev
	@$(IN_VENV) tests.simulation $${SEED:+--seed "$$SEED"} --seeds $(SEEDS)

bench: .venv/.dev
	@mkdir -p build
	@$(IN_VENV) benchmarks --record build/figures.jsonl $(ARGS)

bench-quick: .venv/.dev
	@$(IN_VENV) benchmarks --quick $(ARGS)

bench-plots: .venv/.dev
	@$(IN_VENV) benchmarks.plots build/figures.jsonl

# Installs and runs other people's projects, below ~/.cache/fleet-accuracy: never on a build machine.
accuracy: .venv/.dev
	@$(IN_VENV) benchmarks.truth $(ARGS)
	@$(IN_VENV) benchmarks.accuracy $(ARGS)

examples: .venv/.dev
	@$(IN_VENV) benchmarks.examples $(ARGS)

lint: .venv/.dev
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/squawk sql/migrations/*.sql
	@.venv/bin/hadolint Dockerfile.*

# Needs root, buildah, debootstrap, and a way to the package registries; keeps its base in the state folder.
images: .venv/.dev
	@$(IN_VENV) tests.images $(ARGS)

lock: .venv/bin/python
	@command -v uv >/dev/null || $(IN_VENV) pip install --quiet uv
	@set -e; PATH="$$PATH:$$PWD/.venv/bin"; compile() { name=$$1; shift; echo "requirements/$$name.txt"; \
		uv pip compile $(PIN) $(UPGRADE) "$$@" pyproject.toml --output-file "requirements/$$name.txt" >/dev/null; }; \
	compile dev --extra dev; \
	compile analyzer --extra analyzer --constraint requirements/dev.txt; \
	compile spec-generator --extra spec-generator --constraint requirements/dev.txt; \
	compile cleanup --constraint requirements/dev.txt; \
	compile dashboard --extra dashboard --constraint requirements/dev.txt; \
	compile cli --extra cli --constraint requirements/dev.txt; \
	compile telemetry --extra telemetry --constraint requirements/dev.txt; \
	compile quickstart --extra analyzer --extra dashboard --extra local --constraint requirements/dev.txt

lock-peers: .venv/bin/python
	@command -v uv >/dev/null || $(IN_VENV) pip install --quiet uv
	@set -e; PATH="$$PATH:$$PWD/.venv/bin"; for name in pgqueuer procrastinate; do echo "benchmarks/peers/$$name"; \
		cd "benchmarks/peers/$$name"; uv pip compile $(PIN) $(UPGRADE) --python-version 3.11 requirements.in \
			--output-file requirements.txt >/dev/null; cd ../../..; done
	@set -e; for name in graphile-worker pg-boss; do echo "benchmarks/peers/$$name"; cd "benchmarks/peers/$$name"; \
		npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund >/dev/null; \
		node ../lock.cjs package-lock.json; cd ../../..; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist fleet.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

# For the tests in a browser, which are skipped where there is none.
browser:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo 'installing chromium, for the tests in a browser'; \
		install='apt-get install -qq -y --no-install-recommends chromium'; \
		{ $$install || { apt-get update -qq && $$install; }; } >/dev/null 2>&1 \
			|| echo 'chromium cannot be installed: the tests in a browser are skipped'; \
	else echo 'there is no chromium: the tests in a browser are skipped'; fi

.venv/.quickstart: .venv/bin/python requirements/quickstart.txt
	@echo 'installing requirements/quickstart.txt'
	@set=requirements/quickstart.txt; $(INSTALL)
	@touch $@

.venv/.dev: .venv/bin/python requirements/dev.txt
	@echo 'installing requirements/dev.txt'
	@set=requirements/dev.txt; $(INSTALL)
	@touch $@

# A Python without ensurepip (Debian's python3 without python3-venv) makes no environment, unless uv does.
.venv/bin/python:
	@$(UV_HOME); if command -v uv >/dev/null; then needs=venv; else needs=ensurepip; fi; \
	for name in python3.14 python3.13 python3.12 python3.11 python3; do \
		python=$$($$name -c "import sys, $$needs; print(sys.executable) if sys.version_info >= (3, 11) else sys.exit(1)" \
			2>/dev/null) && break; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'fleet needs Python 3.11 or newer with venv: install it (Debian: apt install python3-venv), or install uv' >&2; \
		exit 1; \
	fi; \
	if command -v uv >/dev/null; then uv venv --quiet --python "$$python" .venv; else "$$python" -m venv .venv; fi

.PHONY: help quickstart up accuracy examples test browser faults faults-peers mutants nemesis peers simulate bench bench-quick bench-plots images lint lock lock-peers clean
