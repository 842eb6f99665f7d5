# The words of this house; `make help` lists them from their comments.
# They need python3 (3.11 or newer) with venv and headers, gcc and make; everything else goes into .venv.

PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check
BUILD_NEEDS := 'setuptools>=80' 'cython>=3.1,<4'

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test build check format bench dist clean

help:  ## list these words
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

demo: build .venv/.run  ## run a venue with simulated subscribers in the terminal
	.venv/bin/ats demo

test: build .venv/.test  ## run all tests, the house rules among them
	.venv/bin/python -m pytest -n auto --dist loadfile

build: .venv/.tools  ## compile the Cython modules in place
	@PYTHONUNBUFFERED=1 .venv/bin/python setup.py build_ext --inplace \
	    | sed -un '/Cythonizing/p; s/^building .\(.*\). extension/compiling \1/p'

check: build .venv/.test  ## only the house rules: tidy, lint, types, stubs, build
	.venv/bin/python -m pytest -m house

format: .venv/.test  ## let ruff sort the imports and format the Python files
	.venv/bin/ruff check --select I --fix --quiet .
	.venv/bin/ruff format .

bench: build .venv/.test  ## measure everything, half an hour (docs/BENCHMARKS.md says how)
	.venv/bin/python -m bench

dist: build .venv/.test  ## build sdist and wheel into dist/
	$(PIP) wheel --no-deps --no-build-isolation -w dist .
	.venv/bin/python setup.py sdist

clean:  ## remove what was built, and .venv
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find engine -type f \( -name '*.c' -o -name '*.so' -o -name '*.html' \) -delete
	find engine tests bench -name __pycache__ -type d -prune -exec rm -r {} +

.venv/.tools: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install $(BUILD_NEEDS)
	@touch $@

.venv/.run: .venv/.tools
	$(PIP) install --no-build-isolation -e '.[ui]'
	@touch $@

.venv/.test: .venv/.tools
	$(PIP) install --no-build-isolation -e '.[test]'
	@touch $@
