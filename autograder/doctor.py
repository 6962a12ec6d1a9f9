"""Doctor: what this machine can do, and how to mend what is missing. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import find_course
from autograder.data import NAMES, first_place
from autograder.errors import AutograderError, DataError

PACKAGES = ("torch", "torchvision", "numpy", "pytest", "safetensors", "jsonschema", "torchmetrics", "diffusers", "nbgrader")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    what: str
    ok: bool
    found: str
    hint: str = ""
    needed: bool = True
    """Whether grading in the embedded profile needs it."""


def examine(course: Path | None = None, data: Path | None = None) -> list[Finding]:
    """All findings, in the order in which they matter."""
    steps: Sequence[Callable[[], list[Finding]]] = (
        _python, _packages, _wall, lambda: _course(course), lambda: _data(data), _room, _gpu,
    )  # fmt: skip
    return [finding for step in steps for finding in step()]


def _python() -> list[Finding]:
    version = platform.python_version()
    good = sys.version_info >= (3, 10)
    hint = "" if good else "use Python 3.10 or newer"
    return [Finding("python", good, f"{version} at {os.path.realpath(sys.executable)}", hint)]


def _packages() -> list[Finding]:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    text = ", ".join(found) + (f"; not installed: {', '.join(missing)}" if missing else "")
    optional = set(missing) <= {"torchmetrics", "diffusers", "nbgrader"}
    return [Finding("packages", optional, text, "run `make setup`" if missing else "")]


def _wall() -> list[Finding]:
    from autograder.sandbox.bubblewrap import Bubblewrap
    from autograder.sandbox.containers import Docker, Podman

    proof = Bubblewrap().prove()
    findings = [Finding("sandbox", proof.holds, str(proof), proof.hint)]
    for kind in (Docker, Podman):
        if shutil.which(kind.name):
            proof = kind().prove()
            findings.append(Finding(f"sandbox {kind.name}", proof.holds, str(proof), proof.hint, needed=False))
    return findings


def _course(start: Path | None) -> list[Finding]:
    try:
        course = find_course(start)
    except AutograderError as error:
        return [Finding("course", False, error.message, error.hint, needed=False)]
    held_out = (course.root / "reference_solutions" / "data").is_dir()
    hint = "" if held_out else "the judge's data lies in reference_solutions/data: is the checkout complete?"
    return [
        Finding("course", True, f"{course.term.title}: {', '.join(course.slugs)} (profile {course.term.profile})"),
        Finding("held-out data", held_out, "there" if held_out else "missing", hint),
    ]


def _data(given: Path | None) -> list[Finding]:
    findings = []
    for name in NAMES:
        try:
            what, folder = first_place(name, given)
            findings.append(Finding(f"data set {name}", True, f"training would use: {what} ({folder}); judging uses what ships"))
        except DataError as error:
            findings.append(Finding(f"data set {name}", False, error.message, error.hint))
    return findings


def _room() -> list[Finding]:
    import tempfile

    free = shutil.disk_usage(tempfile.gettempdir()).free // 2**20
    good = free > 512
    return [Finding("temporary space", good, f"{free} MiB free in {tempfile.gettempdir()}", "" if good else "free some space")]


def _gpu() -> list[Finding]:
    import torch

    if torch.cuda.is_available():
        return [Finding("gpu", True, torch.cuda.get_device_name(0), needed=False)]
    return [Finding("gpu", False, "none: the embedded profile needs none", needed=False)]
