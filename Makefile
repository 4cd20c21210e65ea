# make repro: the whole study. make test: the tests. make demo: a page to colorize photographs with what was trained.
# All build .venv first, once, from requirements.lock: every package in one version and with the hashes of its files.
# make bench: what is fast and what it costs, a quarter of an hour on a quiet machine; BENCH=evaluate: a part of it.
# make chaos: hours of kills, full disks, rivals and fuzzed files, in temporary folders; CHAOS="kills --seed 2": a part.
# make lint: ruff's check and format, mypy. make experiments: the experiments that changed something, side by side.
# make lock: resolve the pins of requirements*.txt again. make audit: ask for known vulnerabilities of what is locked.
PYTHON ?= python3
PIP = python -m pip install --quiet
OLD = error: Python 3.11 or newer is needed; name one: make PYTHON=python3.12
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: install repro test lint experiments bench chaos fuzz demo lock audit clean

repro: install
	dvc repro

test: install
	python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

lint: install .tools/installed
	.tools/bin/ruff check
	.tools/bin/ruff format --check
	.tools/bin/mypy --python-executable .venv/bin/python

# Without files and their hashes, which dvc lists too, and with three of the measures: it fits 200 columns.
experiments: install
	dvc exp show --only-changed --no-pager \
	  --drop '[^:]*/[^:]*$$|(figures|human_study)$$|.*:(mse|psnr|ssim|recog|scene|colorf)'

bench: install
	python -m benchmarks $(BENCH)

chaos: install
	cd tests && python -m chaos $(CHAOS)
	$(if $(CHAOS),,$(MAKE) fuzz)

fuzz: install
	$(PIP) --require-hashes --requirement requirements-chaos.lock
	cd tests && python -m chaos.readers $(FUZZ)

demo: install
	$(PIP) --require-hashes --requirement requirements-demo.lock
	colorize --serve

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(OLD)")'
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

lock: .tools/installed  # the demo first, on top of everything: what fits it fits the rest, the other way round it may not
	$(COMPILE) requirements.txt requirements-demo.txt -o requirements-demo.lock
	$(COMPILE) requirements.txt --constraint requirements-demo.lock -o requirements.lock
	$(COMPILE) requirements-chaos.txt --constraint requirements-demo.lock -o requirements-chaos.lock
	$(COMPILE) requirements-tools.txt -o requirements-tools.lock

COMPILE = .tools/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-package colorization --custom-compile-command "make lock"

audit: .tools/installed
	.tools/bin/python .ci/audit.py requirements*.lock

.tools/installed: requirements-tools.lock
	$(PYTHON) -m venv .tools
	.tools/bin/$(PIP) --require-hashes --requirement requirements-tools.lock
	touch $@

clean:
	rm -rf .venv .tools .checkpoints .pytest_cache .hypothesis data models report
