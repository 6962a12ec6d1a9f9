"""Shared fixtures: the toy course in a folder of its own, a wall proven once, submissions made from text."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import ROOT, TOY


@pytest.fixture
def toy_root(tmp_path: Path) -> Path:
    """A copy of the toy course."""
    return Path(shutil.copytree(TOY, tmp_path / "course", ignore=shutil.ignore_patterns(".autograder", "__pycache__")))


@pytest.fixture
def toy(toy_root: Path):
    """The toy assignment, ready to be graded."""
    from autograder.assignment import load_assignment
    from autograder.course import find_course
    from autograder.grade import prepare

    course = find_course(toy_root)
    return prepare(course, load_assignment(course, "toy"))


@pytest.fixture(scope="session")
def wall():
    """The bubblewrap wall, proven here. In CI it must be there; elsewhere its absence is a loud skip."""
    from autograder.sandbox.bubblewrap import Bubblewrap

    wall = Bubblewrap()
    proof = wall.prove()
    if not proof.holds:
        message = f"no wall on this machine: {proof}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return wall


@pytest.fixture
def course_of() -> Callable[[str], object]:
    """An assignment of the real course, ready to be graded."""
    from autograder.assignment import load_assignment
    from autograder.course import find_course
    from autograder.grade import prepare

    def load(slug: str):
        course = find_course(ROOT)
        return prepare(course, load_assignment(course, slug))

    return load


@pytest.fixture
def command(capsys, monkeypatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line inside this process: quick, for what ends before any student code runs."""
    from autograder.cli import main

    def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(cwd)
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setattr(sys, "argv", ["autograder", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return run


@pytest.fixture
def cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line, as a user starts it."""

    def run(*arguments: object, cwd: Path | None = None, **more) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160", **more.pop("env", {})}
        return subprocess.run(command, cwd=cwd, env=environment, text=True, capture_output=True, timeout=900, **more)

    return run
