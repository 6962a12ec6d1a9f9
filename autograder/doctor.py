"""Doctor: what this machine can do, and how to mend what is missing. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.course import find_course
from autograder.data import NAMES, first_place
from autograder.errors import AutograderError, DataError

PACKAGES = ("torch", "torchvision", "numpy", "pytest", "safetensors", "jsonschema")
OPTIONAL = ("torchmetrics", "torch-fidelity", "transformers", "diffusers", "nbgrader")
"""The full profile's, and what some instructors' tools need."""


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
        _python, _packages, _wall, lambda: _course(course), lambda: _data(data), lambda: _encoders(course), _room, _gpu,
    )  # fmt: skip
    return [finding for step in steps for finding in step()]


def _python() -> list[Finding]:
    version = platform.python_version()
    good = sys.version_info >= (3, 10)
    hint = "" if good else "use Python 3.10 or newer"
    return [Finding("python", good, f"{version} at {os.path.realpath(sys.executable)}", hint)]


def _packages() -> list[Finding]:
    found, missing = [], []
    for name in PACKAGES + OPTIONAL:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    text = ", ".join(found) + (f"; not installed: {', '.join(missing)}" if missing else "")
    optional = set(missing) <= set(OPTIONAL)
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
    held_out = _held_out(start) is not None
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


def _encoders(start: Path | None) -> list[Finding]:
    """Those that ship, the judge's second one where a course is, and those of the full profile."""
    from autograder.metrics.clip import CLIP_NAME, clip_folder
    from autograder.metrics.full import inception_file

    needed: dict[str, Callable[[], str]] = {name: partial(_shipped, name) for name in ("fashion_mnist", "mnist", "image_text")}
    if held_out := _held_out(start):
        needed["fashion_mnist_second"] = partial(_second, held_out)
    full: dict[str, Callable[[], str]] = {
        "inception_v3 (full profile)": lambda: str(inception_file()),
        "clip (full profile)": lambda: str(clip_folder(CLIP_NAME)),
    }
    return [_encoder(name, look, name in needed) for name, look in (needed | full).items()]


def _encoder(name: str, look: Callable[[], str], needed: bool) -> Finding:
    try:
        return Finding(f"encoder {name}", True, look(), needed=needed)
    except AutograderError as error:
        return Finding(f"encoder {name}", False, error.message, error.hint, needed=needed)


def _shipped(name: str) -> str:
    from autograder.metrics.embedded import embedded
    from autograder.metrics.image_text import image_text

    found = image_text().digest if name == "image_text" else embedded(name).digest
    return f"ok, digest {found[:12]}"


def _second(held_out: Path) -> str:
    """The hidden encoder, and that the statistics beside it are of its features."""
    from autograder.data import DataSets
    from autograder.metrics.embedded import encoder_from
    from autograder.metrics.reference import stored

    name, data = "fashion_mnist_second", DataSets(held_out)
    encoder = encoder_from(data.encoder(name), name)
    stored(data.statistics(name), data.fashion_mnist("heldout").images, encoder)
    return f"ok, digest {encoder.digest[:12]}"


def _held_out(start: Path | None) -> Path | None:
    """The folder of the judge's data, if a course with one is there."""
    try:
        folder = find_course(start).root / "reference_solutions" / "data"
    except AutograderError:
        return None
    return folder if folder.is_dir() else None


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
