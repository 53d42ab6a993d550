# Two commands for people: `make run` and `make test`. Both make their own virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
PORT ?= 7860

.PHONY: run test fast lint bench clean

run: $(VENV)/.run
	$(BIN)/dayi serve --demo --data $(DATA) --port $(PORT)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -q

# Everything that needs no browser and no shared corpora, in under three minutes.
fast: $(VENV)/.test
	$(BIN)/python -m pytest -q -m "not browser and not slow"

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

$(VENV)/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e .
	touch $@

# Chromium and fonts for Chinese come from the system's packages; a browser that is there is used as it is.
$(VENV)/.test: $(VENV)/.run tests/install_browser.sh
	$(BIN)/python -m pip install --quiet -e '.[test]'
	sh tests/install_browser.sh
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
