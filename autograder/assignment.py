"""Assignment: one folder below `assignments/`, read and checked. Gives `Assignment`; runs none of its code.

`driver.py` is only parsed here: its function names, parameters and return annotations are the contract of the observations.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from autograder.course import Course
from autograder.errors import AssignmentError
from autograder.limit import Limit, limit_of
from autograder.yaml_edge import Strict, read_yaml

FILE = "assignment.yaml"
GIVEN = ("student", "weights")
"""Parameters of a driver function that the guest supplies; every other one is an input."""
JUDGING_FILES = (FILE, "inputs.py", "driver.py", "checks_visible.py", "checks_hidden.py", "calibration.json")


class Task(Strict):
    """One TODO, or a part of the work without one (training)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    title: str
    todo: int | None = None
    stars: int = Field(default=1, ge=1, le=3)


class Limits(Strict):
    """What an observation may use."""

    observation_seconds: int = Field(default=10, ge=1, le=3600)
    submission_seconds: int = Field(default=180, ge=1, le=36000)
    memory_mb: int = Field(default=2048, ge=256)
    scratch_mb: int = Field(default=64, ge=1)
    weights_mb: int = Field(default=8, ge=1, le=2048)
    answer_mb: int = Field(default=16, ge=1, le=64)


class Paper(Strict):
    """A source that the statement cites."""

    title: str
    authors: str
    where: str


class Spec(Strict):
    """The content of assignment.yaml."""

    title: str
    summary: str
    goals: list[str] = []
    """What a student can do afterwards."""
    prerequisites: list[str] = []
    chapter: str
    minutes: int = Field(ge=1)
    module: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    weights: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,63}\.safetensors$")
    version: int = Field(default=1, ge=1)
    datasets: list[str] = []
    preload: list[str] = []
    limits: Limits = Limits()
    tasks: list[Task]
    papers: list[Paper] = []


@dataclass(frozen=True, slots=True)
class Observation:
    """The contract of one driver function."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    """The return annotation, as source."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that are sent in."""
        return tuple(name for name in self.parameters if name not in GIVEN)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment on disk."""

    slug: str
    folder: Path
    spec: Spec
    observations: Mapping[str, Observation]
    version: str
    """Digest of everything that decides what is asked and how it is judged."""
    held_out: Path | None
    """The judge's data; None on a student's machine."""
    reference: Path | None
    """The twin folder below reference_solutions; None on a student's machine."""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Names of the files to hand in; the notebook may stand for the module."""
        weights = (self.spec.weights,) if self.spec.weights else ()
        return (f"{self.spec.module}.py", f"{self.spec.module}.ipynb", *weights)

    def thresholds(self, profile: str) -> dict[str, Limit]:
        """Check id -> measured threshold; empty when this profile was never calibrated."""
        record = self.calibration()
        if record.get("profile", "embedded") != profile:
            return {}
        return {name: limit_of(entry) for name, entry in record.get("checks", {}).items()}

    def calibration(self) -> dict[str, Any]:
        """The calibration record, {} when there is none."""
        path = self.folder / "calibration.json"
        if not path.exists():
            return {}
        try:
            record = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
            if not isinstance(record, dict) or not isinstance(record.get("checks", {}), dict):
                raise ValueError("expected an object with `checks`")
            for name, entry in record.get("checks", {}).items():
                _limit(name, entry)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            hint = f"measure it again: autograder calibrate {self.slug}"
            raise AssignmentError(f"{path}: not a calibration record: {error}", hint=hint) from error
        return record


def load_assignment(course: Course, slug: str) -> Assignment:
    """The assignment that `course.yaml` lists under this slug."""
    course.entry(slug)
    held_out, reference = course.root / "reference_solutions" / "data", course.root / "reference_solutions" / slug
    return read_assignment(course.root / "assignments" / slug, slug, held_out, reference)


def read_assignment(folder: Path, slug: str, held_out: Path | None = None, reference: Path | None = None) -> Assignment:
    """The assignment in this folder: a course's, or a released handout."""
    if not folder.is_dir():
        raise AssignmentError(f"{folder}: no such folder", hint=f"make one with `autograder new {slug}`")
    spec = read_yaml(folder / FILE, Spec, AssignmentError)
    _distinct(folder / FILE, [task.id for task in spec.tasks], "task id")
    _distinct(folder / FILE, [str(task.todo) for task in spec.tasks if task.todo is not None], "TODO number")
    for needed in ("inputs.py", "driver.py", "checks_visible.py"):
        if not (folder / needed).is_file():
            raise AssignmentError(f"{folder / needed}: missing", hint="see docs/authoring.md for the files of an assignment")
    twin = reference if reference is not None and reference.is_dir() else None
    data = held_out if held_out is not None and held_out.is_dir() else None
    return Assignment(slug, folder, spec, _observations(folder / "driver.py"), _version(folder), data, twin)


def _observations(path: Path) -> dict[str, Observation]:
    """Public functions of driver.py, by parsing it."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (SyntaxError, UnicodeDecodeError, OSError) as error:
        raise AssignmentError(f"{path}: cannot be read as Python: {error}") from error
    found = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.defaults or arguments.kwonlyargs:
            raise AssignmentError(f"{path}:{node.lineno}: {node.name}: expected plain parameters without defaults")
        if node.returns is None:
            raise AssignmentError(
                f"{path}:{node.lineno}: {node.name}: no return annotation",
                hint="say what comes back: Tensor, float, dict[str, Tensor], list[float] ...",
            )
        names = tuple(argument.arg for argument in arguments.args)
        found[node.name] = Observation(node.name, names, ast.unparse(node.returns))
    if not found:
        raise AssignmentError(f"{path}: no public function, so nothing would be observed")
    return found


def _limit(name: str, entry: Any) -> Limit:
    """The entry's limit; ValueError names the check."""
    try:
        return limit_of(entry)
    except KeyError as error:
        raise ValueError(f"{name}: no {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from error


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def _distinct(path: Path, names: list[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: tasks: {what} {name} occurs {names.count(name)} times, expected once")


def _version(folder: Path) -> str:
    """SHA-256 over the files that decide what is asked and how it is judged."""
    digest = hashlib.sha256()
    for name in JUDGING_FILES:
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
