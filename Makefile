# make repro: the whole study. make test: the tests.
# Each builds .venv first, once, from requirements.lock, which pins every package's version and the hashes of its files.
# make bench: the benchmarks, a quarter of an hour on an idle machine; BENCH=evaluate runs one of them.
# make chaos: hours of kills, full disks, rival runs and fuzzed files, in temporary folders; CHAOS="kills --seed 2": a part.
# make try: the page that colorizes in the visitor's browser, docs/try/; npm must be installed.
# make lint: ruff's check and format, mypy. make experiments: a table of the experiments that changed something.
# make lock: resolve the pins of requirements*.txt again. make audit: search the locked packages for known vulnerabilities.
PYTHON ?= python3
PIP = python -m pip install --quiet
OLD = error: Python 3.11 or newer is needed; name one: make PYTHON=python3.12
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: install repro test try lint experiments bench chaos fuzz lock audit clean

repro: install
	dvc repro

test: install
	python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

try: install
	python -m tools.try_page

lint: install .tools/installed
	.tools/bin/ruff check
	.tools/bin/ruff format --check
	.tools/bin/mypy --python-executable .venv/bin/python

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
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(OLD)")'
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

lock: .tools/installed
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) requirements-chaos.txt --constraint requirements.lock -o requirements-chaos.lock
	$(COMPILE) requirements-tools.txt -o requirements-tools.lock

COMPILE = .tools/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-package colorization --custom-compile-command "make lock"

audit: .tools/installed
	.tools/bin/python .ci/audit.py requirements*.lock
	npm audit --package-lock-only --prefix tools/try

.tools/installed: requirements-tools.lock
	$(PYTHON) -m venv .tools
	.tools/bin/$(PIP) --require-hashes --requirement requirements-tools.lock
	touch $@

clean:
	rm -rf .venv .tools .checkpoints .pytest_cache .hypothesis data models report
