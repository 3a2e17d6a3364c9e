# What a newcomer types. Each target sets up what it needs, once, in .venv in this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: chat test test-peers check schemas docs ranker bench clean
.DELETE_ON_ERROR:

chat: $(VENV)/.ready-chat  ## open the tutor in this terminal
	@$(BIN)/mayshare chat

test: $(VENV)/.ready-dev  ## pass all tests
	$(BIN)/pytest

test-peers: $(VENV)/.ready-dev  ## try the adapters against stand-ins that others wrote (Slack's needs Node)
	$(BIN)/pytest tests/peers -rs || [ $$? -eq 5 ]  # 5: all was skipped, and it said why

check: $(VENV)/.ready-dev  ## style, types, and everything authors wrote
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mayshare check
	$(BIN)/mayshare test

schemas: $(VENV)/.ready-dev  ## renew the files that let an editor help with scenarios and laws
	$(BIN)/python -m adapters.starting

docs: $(VENV)/.ready-dev  ## renew docs/problems.md: what each code of the check means, with an example
	$(BIN)/python -m bot.content.problem_pages

ranker: $(VENV)/.ready-learn  ## learn anew which rule a question asks for, after laws or questions changed
	$(BIN)/python -m bot.content.learning

bench: $(VENV)/.ready-dev  ## speed and memory, as ratios in one run
	$(BIN)/python -m bench

$(VENV)/.ready-learn: pyproject.toml | $(VENV)/.ready-dev
	@echo "Installing what learning needs (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,learn]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Mayshare needs Python 3.11 or later; '$(PYTHON)' is older or missing."; \
	  echo "Install one, or name it: make chat PYTHON=python3.12"; exit 1; }
	@echo "First run: making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python could not make a virtual environment. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }

$(VENV)/.ready-chat: pyproject.toml | $(BIN)/python
	@echo "Installing the tutor and its libraries (under a minute on most lines; later runs open at once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.ready-dev: pyproject.toml | $(BIN)/python
	@echo "Installing the tutor, its libraries and the test tools (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.ready-chat
