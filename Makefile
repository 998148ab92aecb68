.DEFAULT_GOAL := help
.PHONY: help setup demo test test-modern lint bench clean
python := .venv/bin/python

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## system packages (as root), Nix's headers, .venv and the extension: what is missing of them
	@scripts/setup

demo: setup ## the main job on examples/: a configuration's options, one of them in full, and a plan
	@scripts/demo

test: setup ## every test that this machine can run
	$(python) -m pytest

test-modern: ## the same tests with Nix 2.26.3's C API (as root; about 20 minutes once, to build it)
	@scripts/modern-engine build
	@scripts/modern-engine test

lint: setup ## ruff, mypy --strict, clang-format and the shell's syntax; changes nothing
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/clang-format --dry-run -Werror $(wildcard native/*.[ch]* native/compat/*/*.[ch]*)
	for script in scripts/setup scripts/demo scripts/fresh-machine scripts/modern-engine .ci/run; do bash -n $$script || exit 1; done

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
