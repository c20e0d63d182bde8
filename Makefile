# make app     makes .venv if it is missing and opens the app
# make test    makes .venv with the test tools and passes the tests, in a real browser too
# make lint    style, formatting and types
# make bench   the benchmarks of benchmarks/README.md
# README.md has the plain lines for machines without make.

PYTHON ?= python3
BIN := .venv/bin
TORCH_CPU := torch==2.13.0+cpu
CPU_INDEX := https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test test-slow lint bench sheet clean
.DELETE_ON_ERROR:

app: .venv/runtime
	$(BIN)/streamlit run app.py

test: .venv/tools
	@CHROMIUM="$$($(BIN)/python -m tests.browser.chromium)" || exit 1; export CHROMIUM; \
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-slow: .venv/tools
	@CHROMIUM="$$($(BIN)/python -m tests.browser.chromium)" || exit 1; export CHROMIUM; \
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m slow

lint: .venv/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/tools
	$(BIN)/python -m benchmarks.j1_race
	$(BIN)/python -m benchmarks.j6_latency
	$(BIN)/python -m benchmarks.j7_class

sheet: .venv/tools
	$(BIN)/python -m tests.contact_sheet --out contact_sheet

clean:
	rm -rf .venv

.venv/runtime: requirements.txt | .venv/python
	@# On Linux plain torch is the CUDA build, several gigabytes; without an NVIDIA GPU the CPU build does the same work.
	@if $(BIN)/python -c "import torch" 2>/dev/null; then :; \
	elif [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then \
		$(PIP) --no-deps --retries 1 --timeout 15 --index-url $(CPU_INDEX) "$(TORCH_CPU)" || \
		echo "The CPU build of PyTorch could not be fetched from $(CPU_INDEX); the default build follows, which is larger."; \
	fi
	$(PIP) -r requirements.txt
	@touch $@

.venv/tools: requirements-dev.txt .venv/runtime
	$(PIP) -r requirements-dev.txt
	@touch $@

.venv/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Ravine needs Python 3.11 or newer: install it, or name it with make PYTHON=python3.12"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || \
		{ echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; rm -rf .venv; exit 1; }
	@touch $@
