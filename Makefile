# Each target sets up what it needs, once: its own environment in .venv, and a browser.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := fixtures/apps/demo.py
# Left empty, all three: make matrix VERSIONS="4.44.1 6"
VERSIONS ?=
# Left empty, all of the project's tests but those that `make twins` runs.
TESTS  ?=
SLOW   := races departures painting visitors order mixing growth cost forgery coverage inputs against \
	shapes identity loopback trespass carriage exposure hostile wheel replay supervise xdist ci_templates
TWINS  := $(SLOW:%=tests/test_%.py)

# Set, it would make every `import gradio` take twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test twins matrix bench advisories osv lint docs demos clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(VENV)/.browser  ## Test an app with planted faults and show the report's path
	@.ci/demo $(BIN) $(DEMO)

test: lint $(VENV)/.browser  ## The project's tests, after lint and types
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --disable-warnings \
		$(or $(TESTS),$(TWINS:%=--ignore=%))

twins: $(VENV)/.browser  ## The tests of long searches (visitors, orders, growth …), the wheel, replays, processes
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --disable-warnings $(TWINS)

matrix: $(VENV)/.browser  ## The tests that depend on Gradio, on 4.44.1, 5.49.1 and the newest 6
	@$(BIN)/python .ci/matrix.py $(VERSIONS)

bench: $(VENV)/.made  ## Calls a second, cases a second, how long a start takes, how late a stream is seen
	@$(BIN)/python bench/calls.py
	@$(BIN)/python bench/explore.py
	@$(BIN)/python bench/start.py
	@$(BIN)/python bench/latency.py
	@$(BIN)/python bench/streams.py

advisories: $(VENV)/.made  ## Probes for advisories, on the releases that have them and that mend them
	@$(BIN)/python bench/advisories.py

osv: $(VENV)/.made  ## Fetch the table of published advisories anew from osv.dev
	@$(BIN)/python docs/make_advisories.py

lint: $(VENV)/.made  ## ruff, and mypy --strict on an installed copy
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@.ci/types $(BIN)

docs: $(VENV)/.made  ## Write docs/checks.md and docs/options.md anew
	@$(BIN)/python -m gradio_harness.catalogue > docs/checks.md
	@$(BIN)/python docs/make_options.py > docs/options.md

demos: $(VENV)/.made  ## Write docs/demos.md anew: make demos DEMOS=path/to/gradio/demo
	@$(BIN)/python docs/make_demos.py $(DEMOS)

clean:  ## Remove everything that was made, environments too
	rm -rf $(VENV) .venvs build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf reports/latest reports/demo test-results

# The last of these, and only a good end of it, leaves the stamp.
$(VENV)/.made: pyproject.toml .ci/environment.py
	@$(PYTHON) .ci/environment.py $(VENV) --group dev --editable .
	@touch $@

$(VENV)/.browser: $(VENV)/.made .ci/browser.py
	@$(BIN)/python .ci/browser.py
	@touch $@
