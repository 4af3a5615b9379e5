# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PORT ?= 5000
SERVE_PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help run test bench bench-quick lint format reference pictures viz viz-static mlflow serve clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

# The stamp makes every later call quick: it is older than these files only when there is something to install.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, but $(PYTHON) is $$($(PYTHON) --version). Name another: make run PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (once; PyTorch makes it take a few minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

run: $(VENV)/installed ## Train, evaluate and track on MNIST; pass options on with ARGS="--env feed_forward"
	@$(BIN)/kedro run --pipeline training $(ARGS)

# One process per core, each with one thread: threads of several processes on one core wait for each other. With
# worksteal a process keeps to the tests that lie together, and what those share is made once. Bytecode is written,
# which images of containers often forbid: every process and command would compile all modules anew.
test: $(VENV)/installed ## Run the tests; ARGS='-m ""' runs the slow ones too, which try more of the same and all of MNIST
	@OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses auto --dist worksteal -m "not slow" $(ARGS)

# The peers lie in an environment over the project's: MLflow imports Lightning wherever it finds it, and every
# command would start seconds later.
$(VENV)/installed-bench: $(VENV)/installed
	@echo "Installing what the project is measured beside into $(VENV)/bench (once) ..."
	@test -x $(VENV)/bench/bin/python || $(BIN)/python -m venv $(VENV)/bench
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$($(VENV)/bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/project.pth"
	@$(VENV)/bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[bench]"
	@touch $@

bench: $(VENV)/installed-bench ## Measure the speed beside others; ARGS="--only article_epoch" chooses, "--readme tests/benchmarks/README.md" writes it
	@$(BIN)/python -m tests.benchmarks $(ARGS)

bench-quick: $(VENV)/installed-bench ## The shorter ones of them, in two minutes, roughly
	@$(BIN)/python -m tests.benchmarks --quick $(ARGS)

lint: $(VENV)/installed ## Check style, types and the rule of layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/installed ## Put the code into its form
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

reference: $(VENV)/installed ## Write the tables of all parameters into conf/README.md
	@$(BIN)/python -m image_classification.parameters.reference conf/README.md

pictures: $(VENV)/installed ## Make the pictures of the README anew, after make run; needs Chromium
	@$(BIN)/python -m tests.pictures

viz: $(VENV)/installed ## Open the pipelines in kedro-viz
	@$(BIN)/kedro viz run --host 127.0.0.1 $(ARGS)

viz-static: $(VENV)/installed ## Build the pipelines and their previews as a site to share, in the folder build
	@$(BIN)/kedro viz build --include-previews $(ARGS)
	@echo "A site in build/: put it on any web server, or look at it with  $(BIN)/python -m http.server --bind 127.0.0.1 --directory build"

mlflow: $(VENV)/installed ## Open the runs in MLflow on http://127.0.0.1:5000, wherever mlflow.yml keeps them (another port: PORT=5001)
	@$(BIN)/kedro mlflow --port $(PORT) $(ARGS)

serve: $(VENV)/installed ## Answer over HTTP with the network trained last, with a page to try it on (another port: SERVE_PORT=8001)
	@$(BIN)/kedro serve --host 127.0.0.1 --port $(SERVE_PORT) $(ARGS)

clean: ## Remove what was made: data, models, figures, caches (the environment, the MLflow record and the memory of splits stay)
	@find data -type f ! -name .gitkeep ! -name split_memory.parquet -delete
	@rm -rf .logs .viz build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find src tests -name __pycache__ -type d -exec rm -rf {} +
