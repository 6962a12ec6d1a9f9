# Each target sets up what it needs first. FAST=1 leaves out the slow proofs of `test`.
PYTHON = .venv/bin/python
DEMO = out/demo
# The example class is harmless, so the demo also runs where memory has no common bound or where we are not root.
ACCEPT = --accept-degraded W6 --accept-degraded W10

.PHONY: help setup demo test check verify redteam bench handouts course clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup:  ## environment in .venv, bubblewrap
	@.ci/setup

demo: setup  ## grade examples/class for both assignments and say where the class pages are
	@$(PYTHON) -m autograder doctor
	@echo; echo "== grading examples/class: autoencoder"
	@$(PYTHON) -m autograder grade examples/class --assignment autoencoder $(ACCEPT) --out $(DEMO)/autoencoder
	@echo; echo "== grading examples/class: vae"
	@$(PYTHON) -m autograder grade examples/class --assignment vae $(ACCEPT) --out $(DEMO)/vae
	@echo; echo "== open $(CURDIR)/$(DEMO)/autoencoder/index.html and $(CURDIR)/$(DEMO)/vae/index.html"

test:  ## all tests; FAST=1 for the quick ones
	@.ci/setup chromium=chromium
	@echo "== running the tests" >&2
	@$(PYTHON) -m pytest $(if $(FAST),-m "not slow")

check: setup  ## lint, format and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check autograder tests
	@$(PYTHON) -m mypy

verify: setup  ## prove every assignment of the course; writes docs/mutants
	@$(PYTHON) -m autograder verify --table docs/mutants

redteam: setup  ## every attack of tests/submissions, and the table of what became of it
	@$(PYTHON) tests/redteam.py --table docs/redteam.md

bench: setup  ## what the wall and the metrics cost here; writes docs/benchmarks.md
	@$(PYTHON) bench/run.py

handouts: setup  ## make the handouts anew from the references
	@for slug in $$($(PYTHON) -c "from pathlib import Path; from autograder.course import find_course; print(*find_course(Path()).slugs)"); do $(PYTHON) -m autograder release $$slug; done

course: setup  ## docs/course.md anew, from course.yaml and the assignments
	@$(PYTHON) -m autograder.syllabus

clean:  ## remove the environment and what was graded
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache
