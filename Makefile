# Neuroloom: `make run` and `make test` need git, make and Python 3.11 or newer, and nothing else.

VENV := .venv
PY   := $(VENV)/bin/python
# What each stamp says is installed; a changed lock file is newer than its stamp and installs again.
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
PIP := $(PY) -m pip --disable-pip-version-check --no-input
ONLY ?=
OUT  ?= build/tour
ARGS ?=

# An environment whose Python has gone or become another (a system upgrade) counts for nothing.
$(shell $(PY) -c "import importlib.util, sys; sys.exit(not importlib.util.find_spec('PySide6'))" 2>/dev/null \
	|| rm -f $(RUN_STAMP) $(DEV_STAMP))

.DEFAULT_GOAL := help
.PHONY: help run test test-parity lint format bench tour lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUN_STAMP) ## install what is missing into .venv and open the window (ARGS=FILE opens an experiment)
	@$(PY) -m gui.system_libraries
	@$(PY) main.py $(ARGS)

test: $(DEV_STAMP) ## run the tests (ARGS="-k name" picks some)
	@$(PY) -m gui.system_libraries offscreen
	$(PY) -m pytest -q -n auto --dist worksteal $(ARGS)

test-parity: $(DEV_STAMP) ## install PyTorch, run the tests beside it and scikit-learn
	@$(PY) -m gui.system_libraries offscreen
	@echo "Installing $(TORCH) into $(VENV) (once; about 200 MB) ..."
	@$(PIP) install -qq --retries 1 $(TORCH_INDEX) $(TORCH)
	@$(PY) -c "import sklearn, torch; print(f'Beside scikit-learn {sklearn.__version__} and PyTorch {torch.__version__}:')"
	$(PY) -m pytest -q $(PARITY) $(ARGS)

lint: $(DEV_STAMP) ## check style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(DEV_STAMP) ## put the code into the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(DEV_STAMP) ## measure the promised figures, into bench.json (ONLY=ui runs one group)
	@$(PY) -m gui.system_libraries offscreen
	@$(PY) -m tests.benchmarks $(ONLY)

tour: $(RUN_STAMP) ## train, draw and take pictures without a person (OUT=folder)
	@QT_QPA_PLATFORM=offscreen $(PY) -m gui.system_libraries
	@QT_QPA_PLATFORM=offscreen $(PY) main.py --tour $(OUT)

lock: $(RUN_STAMP) ## resolve the versions anew, into the lock files
	$(PIP) install --quiet uv
	$(UV) pyproject.toml -o requirements.lock
	$(UV) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(UV) pyproject.toml --extra fast -c requirements.lock -o requirements-fast.lock

clean: ## remove .venv and everything that was made
	rm -rf $(VENV) build tour bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# PyTorch is in no lock file: only `test-parity` and the Compare view look at it, most can do without its 200 MB, and the CPU build
# for Linux is not in the index that the locks are resolved from. So its version is exact here.
TORCH  := torch==2.13.0
PARITY = tests/engine/test_scikit_learn.py tests/engine/test_pytorch.py tests/engine/test_course.py \
	tests/gui/test_comparing.py tests/gui/test_comparing_torch.py $(wildcard tests/engine/test_*_parity.py)
# On Linux the usual wheel brings CUDA, 3 GB; PyTorch's own index has one without, and pip prefers it: 2.13.0+cpu counts as
# newer than 2.13.0. Where that index can't be reached, pip goes on without it.
TORCH_INDEX = $(if $(filter Linux,$(shell uname -s)),--extra-index-url https://download.pytorch.org/whl/cpu)

# Whatever mirror this machine prefers, the lock is resolved from the public index and names none.
UV = env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
	$(PY) -m uv pip compile --no-config --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# The compiled step is a speed-up: where there is no wheel of Numba, or it can't be had, NumPy trains alone.
INSTALL_FAST = $(PIP) install --quiet --require-hashes --only-binary :all: -r requirements-fast.lock 2>$(VENV)/fast.log \
	|| echo "Without the compiled step: Numba can't be installed here (see $(VENV)/fast.log). NumPy trains alone."

$(RUN_STAMP): requirements.lock requirements-fast.lock
	@PYTHON="$(PYTHON)" sh .ci/make-venv $(VENV)
	@echo "Installing what Neuroloom needs into $(VENV) (once; about 230 MB to download) ..."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(INSTALL_FAST)
	@touch $@

$(DEV_STAMP): requirements-dev.lock requirements.lock requirements-fast.lock
	@PYTHON="$(PYTHON)" sh .ci/make-venv $(VENV)
	@echo "Installing what Neuroloom and its tests need into $(VENV) (once; about 310 MB) ..."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@$(INSTALL_FAST)
	@touch $(RUN_STAMP) $@
