# Everything runs from .venv, which `make setup` fills; each target sets up first, and a second setup takes no time.

# Some containers set this. Each start of Python would then compile pybridge anew, which takes half a second.
unexport PYTHONDONTWRITEBYTECODE

PYTHONS := python3.13 python3.12 python3.11 python3
BIN := .venv/bin

ifneq ($(wildcard ../shared/data/mnist),)
export PYBRIDGE_DATA ?= $(abspath ../shared/data/mnist)
endif

.PHONY: setup demo test test-quick test-lowest fuzz soak bench book book-jupyter book-epub book-pdf lint audit generate coverage dist test-dist

setup: .venv/ready .venv/prepared

.venv/ready: pyproject.toml deps.edn
	@$(BIN)/python -c "" 2>/dev/null || { \
	  for python in $(PYTHONS); do \
	    "$$python" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || continue; \
	    found=$$python; \
	    "$$python" -c "import ensurepip, venv" 2>/dev/null && able=$$python && break; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "pybridge needs Python 3.11 or newer, and there is none on PATH: install one from your system or python.org" >&2; \
	    exit 1; \
	  elif [ -z "$$able" ]; then \
	    echo "$$found cannot make virtual environments: on Debian and Ubuntu, run apt install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	  echo "making .venv with $$able"; \
	  "$$able" -m venv --clear .venv; \
	}
	@echo "installing pybridge and what it needs (TensorFlow is the largest part: a few hundred megabytes)"
	@$(BIN)/python -m pip install --disable-pip-version-check --editable ".[dev]"
	@echo "fetching the Clojure jars"
	@$(BIN)/python -c "from pybridge.clojure.classpath import classpath; classpath(), classpath(tests=True)"
	@touch $@

# Compiled Clojure starts in a fraction of the time; without, everything works.
.venv/prepared: .venv/ready $(shell find clj/src -name "*.clj" 2>/dev/null)
	@echo "compiling Clojure, for a quick start (half a minute)"
	@$(BIN)/pybridge prepare >/dev/null && touch $@ || echo "going on without: Clojure will start more slowly" >&2

demo: setup
	@$(BIN)/pybridge demo

# Files of tests side by side: two thirds of the time on two cores. `.venv/bin/python -m pytest FILE` runs one alone.
test: setup
	@$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

# Under a minute, for what a change usually breaks: the layers, every function in both languages, what crosses between them.
QUICK := house namespaces fixtures arguments losses metrics autodiff hosted
QUICK := $(QUICK:%=tests/test_%.py) tests/graphs/test_graphs.py tests/models/test_models.py tests/session/test_session_values.py \
  $(addprefix tests/clojure/test_clojure_,conversion.py exceptions.py functions.py)
test-quick: setup
	@$(BIN)/python -m pytest --quiet --numprocesses=auto --maxprocesses=4 --dist=loadfile $(QUICK)

# The same with the oldest of each library that pyproject.toml allows, in .lowest; `make test-lowest TESTS=tests/test_losses.py`.
test-lowest: setup
	@$(BIN)/python -m tools.lowest $(TESTS)

# New configurations of training each time, as many and from the seed that PYBRIDGE_FUZZ_COUNT and PYBRIDGE_FUZZ_SEED say, and
# 10,000 sequences of messages to a session, or as many as PYBRIDGE_FUZZ_MESSAGES says.
fuzz: setup
	@seed=$${PYBRIDGE_FUZZ_SEED:-$$(date +%s)}; echo "seed $$seed: PYBRIDGE_FUZZ_SEED=$$seed make fuzz tries the same again"; \
	export PYBRIDGE_FUZZ_SEED=$$seed; status=0; \
	$(BIN)/python tests/training/training_fuzz.py || status=1; \
	$(BIN)/python tests/session/session_fuzz.py || status=1; \
	$(BIN)/python tests/readers/readers_atheris.py 100000 || status=1; \
	$(BIN)/python -m pytest --hypothesis-profile=fuzz --hypothesis-seed=$$seed --timeout=3600 \
	  $$(grep -rl "^from hypothesis import" tests) tests/test_clojure.py || status=1; \
	exit $$status

# An hour of mixed work on both hosts, in a session, in children and in children that are killed: nothing wrong, nothing that grows.
# PYBRIDGE_SOAK=0.05 takes three minutes, PYBRIDGE_SOAK_REPORT=FILE writes all samples as JSON.
soak: setup
	@$(BIN)/python tests/soak/soak.py

# Half an hour; `make bench BENCH="--quick bridge start"` takes a first look at two. It writes bench/benchmarks.html.
bench: setup
	@$(BIN)/python -m benchmarks $(BENCH)

# What a release consists of: wheel, sdist, jars, pom, the Emacs package.
dist: setup
	@$(BIN)/python -m release

# Builds the same and installs each part where nothing of pybridge is: some minutes, and a gigabyte of libraries.
test-dist: setup
	@$(BIN)/python -m pytest tests/release

book: setup
	@$(BIN)/pybridge book build --out site

# Every chapter as a Jupyter notebook, run from top to bottom: some minutes; `make book-jupyter NOTEBOOKS=00-setup` runs one.
book-jupyter: setup
	@$(BIN)/python -m tools.jupyter $(NOTEBOOKS)

# All chapters as one file: for a reading device, or as a browser prints it; CHROMIUM names one that is called otherwise.
PANDOC := "$$(../$(BIN)/python -c 'import pypandoc; print(pypandoc.get_pandoc_path())')" [0-9]*.ipynb \
  --file-scope --lua-filter=../tools/chapters.lua --mathml --toc --toc-depth=2 \
  --metadata=title:"Deep learning in Python and Clojure" --metadata=lang:en
CHROMIUM ?= chromium

book-epub: book
	@cd site && $(PANDOC) --output=book.epub && echo site/book.epub

book-pdf: book
	@cd site && page=$$(mktemp -d) && trap 'rm -r "$$page"' EXIT && \
	  $(PANDOC) --standalone --embed-resources --output="$$page/book.html" && \
	  $(CHROMIUM) --headless --no-pdf-header-footer --print-to-pdf=book.pdf "$$page/book.html" 2>/dev/null && echo site/book.pdf

# ruff, mypy, the layers, generated files, clj-kondo, the book, checkdoc, package-lint: `.venv/bin/python -m tools.lint mypy` runs one alone.
lint: setup
	@$(BIN)/python -m tools.lint

# Which libraries and jars have known vulnerabilities; status 2 where nobody can be asked.
audit: setup
	@$(BIN)/python -m tools.audit

# Writes the Clojure namespaces and pages that follow from the sources; `make lint` says when they are stale.
generate: setup
	@$(BIN)/python -m tools.generate

# Which lines of Python and of Clojure the tests reach: of all, or `make coverage TESTS=tests/test_losses.py`.
coverage: setup
	@$(BIN)/python -m tools.coverage $(TESTS)
