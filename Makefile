# make repro: the whole study. make test: what a change needs, minutes. make test-all: that and the slow tests.
# Each builds .venv first, once, from requirements.lock, which pins every package's version and the hashes of its files.
# make bench: the benchmarks, a quarter of an hour on an idle machine; BENCH=evaluate runs one of them.
# make chaos: hours of kills, full disks, rival runs and fuzzed files, in temporary folders; CHAOS="kills --seed 2": a part.
# make try: the page that colorizes in the visitor's browser, docs/try/; npm must be installed. Without .venv it builds
# .try, a small environment.
# make lint: ruff's check and format, mypy as on Linux, macOS and Windows, the workflows' schema. make experiments: a table of the experiments that changed something.
# make lock: resolve the pins of requirements*.txt again. make audit: search the locked packages for known vulnerabilities.
PYTHON ?= python3
PIP = python -m pip install --quiet
OLD = error: Python 3.11 or newer is needed; name one: make PYTHON=python3.12
IS_NEW = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(OLD)")'
TRY = $(if $(wildcard .venv/installed),.venv,.try)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

TESTS = python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

.PHONY: install repro test test-all try lint experiments bench chaos fuzz lock audit clean

repro: install
	dvc repro

test: install
	$(TESTS) -m "not slow"

test-all: test
	$(TESTS) -m slow

try: $(TRY)/installed
	$(TRY)/bin/python -m tools.try_page

lint: install .tools/installed
	.tools/bin/ruff check
	.tools/bin/ruff format --check
	set -e; for platform in linux darwin win32; do \
	  .tools/bin/mypy --python-executable .venv/bin/python --platform $$platform --cache-dir .mypy_cache/$$platform; \
	done
	.tools/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

# Drops the files, their hashes and all but three measures, so that the table fits 200 columns.
experiments: install
	dvc exp show --only-changed \
	  --drop '[^:]*/[^:]*$$|(figures|human_study)$$|.*:(mse|psnr|ssim|recog|scene|colorf)'

bench: install
	python -m benchmarks $(BENCH)

chaos: install
	cd tests && python -m chaos $(CHAOS)
	$(if $(CHAOS),,$(MAKE) fuzz)

fuzz: install
	$(PIP) --require-hashes --requirement requirements-chaos.lock
	cd tests && python -m chaos.readers $(FUZZ)

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(IS_NEW)
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

# What `colorize` needs, with the versions of requirements.txt.
.try/installed: requirements.txt pyproject.toml
	@$(IS_NEW)
	$(PYTHON) -m venv .try
	grep == requirements.txt >.try/pins.txt
	.try/bin/$(PIP) --constraint .try/pins.txt .
	touch $@

lock: .tools/installed
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) requirements-chaos.txt --constraint requirements.lock -o requirements-chaos.lock
	$(COMPILE) requirements-tools.txt -o requirements-tools.lock

COMPILE = .tools/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-package colorize-photos --custom-compile-command "make lock"

audit: .tools/installed
	.tools/bin/python .ci/audit.py requirements*.lock
	npm audit --package-lock-only --prefix tools/try

.tools/installed: requirements-tools.lock
	$(PYTHON) -m venv .tools
	.tools/bin/$(PIP) --require-hashes --requirement requirements-tools.lock
	touch $@

clean:
	rm -rf .venv .tools .try build dist .checkpoints .pytest_cache .hypothesis data models report
