# make            the reports of the profile that params.yaml names (a second call: nothing to do)
# make sample     all studies, on small data that come with packages: some four minutes
# make full       the profile `full`: real data, REPLAB_MIRROR=DIR-or-URL; STUDY=name for one study
# make lint       linters and types;  make test: the tests, CORES at a time;  make bench: speed
# make test-slow  the tests of the workflow, DVC, clusters, remotes and kills;  make test-all: both in less time;
# make check      linters and all tests
# make chaos      some 200 kills, full disks and the like, in benchmarks/chaos.md: about 25 minutes
# make docs       the docs site, in work/site
# make lock       requirements.lock anew;  make clean: remove what is made in minutes (not data and records)
# CORES=n trains n jobs at a time. PYTHON=python3.12 names the Python to start from (3.11 or newer).
PYTHON ?= python3
CORES ?= 2
STUDY ?=
VENV := .venv
READY := $(VENV)/.ready
TORCH = $(shell grep '^torch==' requirements.lock)
UV = $(shell grep '^uv==' requirements.lock)
REPORTS := python workflow/scripts/reports.py --cores $(CORES)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE :=  # empty: each job would else compile its modules anew

.PHONY: report sample full lint test test-slow test-all check docs bench chaos lock clean
.DELETE_ON_ERROR:

report: $(READY)
	@$(REPORTS)

sample: $(READY)
	@$(REPORTS) --profile sample

full: $(READY)
	@$(REPORTS) --profile full $(STUDY)

lint: $(READY)
	ruff check .
	ruff format --check .
	snakefmt --check -l 120 Snakefile workflow
	python workflow/scripts/lint.py
	mypy

# The tests of a file stay in one process: they share what the file's fixtures made.
test: $(READY)
	python -m pytest -q -m "not slow" -n $(CORES) --dist loadfile

test-slow: $(READY)
	python -m pytest -q -m slow -n $(CORES) --dist loadfile --no-loadscope-reorder

# Both at once. Two processes more than there are cores: the slow tests often wait for a process that they started.
test-all: $(READY)
	python -m pytest -q -n $$(( $(CORES) + 2 )) --dist loadfile --no-loadscope-reorder

check: lint test-all

# Without a network; a warning is an error.
docs: $(READY)
	mkdocs build --strict --quiet
	@echo work/site/index.html

bench: $(READY)
	python benchmarks/engine.py
	python benchmarks/xor.py
	python benchmarks/cnn.py
	python benchmarks/ptb.py
	python benchmarks/error_rates.py
	python benchmarks/unpaired_error_rates.py
	python benchmarks/wide_intervals.py
	python benchmarks/plan.py

# Kills and shortages, counted in benchmarks/chaos.md.
chaos: $(READY)
	python tests/chaos.py

# torch first and alone: a looser spec, or torch as a dependency of something else, may bring another build of it. uv installs
# the rest in a tenth of pip's time; it does not read pip's settings, so pip does it where uv cannot.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "replab needs Python 3.11 or newer; $(PYTHON) is not: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make environments; on Debian: apt install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV) from requirements.lock: about a minute and 2 GB, once"
	@$(PYTHON) -m venv $(VENV)
	@python -m pip install -qq --no-compile $(TORCH)
	@{ python -m pip install -qq $(UV) && uv pip install -q --python $(VENV)/bin/python -r requirements.lock; } || \
	  { echo "pip installs the rest: about three minutes"; python -m pip install -qq -r requirements.lock; }
	@python -m pip install -qq --no-deps --no-build-isolation -e .
	@python workflow/scripts/offline_plots.py
	@touch $@

# Every version that a fresh environment gets from pyproject.toml, beside the torch that the lock names already.
lock:
	@$(PYTHON) workflow/scripts/lock.py $(TORCH)

clean:
	rm -rf work .snakemake .pytest_cache .mypy_cache .ruff_cache
