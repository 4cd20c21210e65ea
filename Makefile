# make repro: the whole study. make test: the tests. make demo: a page to colorize photographs with what was trained.
# make chaos: an hour of kills, full disks and rivals, in temporary folders; CHAOS="kills --seed 2" runs a part of it.
# All build .venv first, once.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: install repro test chaos demo clean

repro: install
	dvc repro

test: install
	python -m pytest

chaos: install
	cd tests && python -m chaos $(CHAOS)

demo: install
	python -m pip install --quiet --requirement requirements-demo.txt
	colorize --serve

install: .venv/installed

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	python -m pip install --quiet --requirement requirements.txt
	touch $@

clean:
	rm -rf .venv .checkpoints .pytest_cache data models report
