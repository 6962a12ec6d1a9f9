"""What the README and the documents say is true."""

from __future__ import annotations

import re
import subprocess

import pytest
from support import ROOT
from typer.main import get_command

from autograder.cli import app

README = (ROOT / "README.md").read_text()


def test_the_readme_lists_exactly_the_commands_there_are():
    section = README.split("## For instructors")[1].split("##")[0]
    listed = set(re.findall(r"^    autograder (\w+)", section, re.MULTILINE))
    assert listed == set(get_command(app).commands)


@pytest.mark.parametrize("target", ["setup", "demo", "test", "check", "verify"])
def test_make_knows_the_target(target):
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page}: {target}"


def test_the_readme_names_its_measured_times():
    assert not re.search(r"[A-Z]+_TIME", README)


def test_ci_runs_the_readmes_test_command():
    assert "exec make test" in (ROOT / ".ci/run").read_text()
    assert "make test" in README


def test_every_decision_has_context_decision_and_cost():
    for path in (ROOT / "docs/decisions").glob("*.md"):
        assert all(f"**{word}.**" in path.read_text() for word in ("Context", "Decision", "Cost")), path


def test_the_authoring_guide_names_every_corruption_and_file():
    from autograder.verify.corrupt import NAMES

    guide = " ".join((ROOT / "docs/authoring.md").read_text().split())
    assert all(name in guide for name in NAMES)
    for file in ("assignment.yaml", "inputs.py", "driver.py", "checks_visible.py", "checks_hidden.py", "mutants.yaml"):
        assert file in guide
