.DEFAULT_GOAL := help
.PHONY: help setup demo check test test-modern lint bench clean
python := .venv/bin/python
in_parallel := --numprocesses auto --dist worksteal
quick := $(addprefix tests/,unit property plan test_layers.py test_documents.py) \
  $(addprefix tests/native/test_,evaluator.py options.py option_fields.py option_walk.py type_info.py) \
  $(addprefix tests/cli/test_,eval.py options.py plan.py) $(addprefix tests/lsp/test_,completion.py positions.py)
scripts := scripts/setup scripts/demo scripts/fresh-machine scripts/modern-engine .ci/run
c_check := $(CC) -std=gnu11 -O2 -fsyntax-only -Wall -Wextra -Werror -Inative

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## system packages (as root), Nix's headers, .venv and the extension: what is missing of them
	@scripts/setup

demo: setup ## the main job on examples/: a configuration's options, one of them in full, and a plan
	@scripts/demo

check: setup ## the quick tests, in two minutes: paths, searches, options, plans, and some of the commands
	$(python) -m pytest $(in_parallel) -m "not real and not nixpkgs" $(quick)

test: setup ## every test that this machine can run
	$(python) -m pytest $(in_parallel)

test-modern: ## the same tests with the C API of a modern Nix (as root; makes that engine and a Nix to compare with)
	@scripts/modern-engine build
	@scripts/modern-engine truth >/dev/null
	@scripts/modern-engine test $(in_parallel)

lint: setup ## ruff, mypy --strict, clang-format, shellcheck, and warnings of the C files for either engine; changes nothing
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/clang-format --dry-run -Werror $(wildcard native/*.[ch]* native/compat/*/*.[ch]*)
	$(c_check) -DHMEVAL_COMPAT -Inative/compat/nix-2.8 $(wildcard native/*.c)
	$(c_check) -DHMEVAL_FLAKES -Inative/compat/c-api -Inative/compat/nix-2.8 $(wildcard native/*.c)
	.venv/bin/shellcheck $(scripts)

bench: setup ## time and memory beside nix-instantiate's, of planning, a worker, searches and kept answers
	$(python) -m benches.bench_options
	$(python) -m benches.bench_plan
	$(python) -m benches.bench_worker
	$(python) -m benches.bench_search
	$(python) -m benches.bench_cache
	$(python) -m benches.bench_lsp

clean: ## remove what `make setup` and the tests made, but for the system packages and Nix's headers
	rm -rf .venv build *.egg-info hmeval/_native*.so .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
