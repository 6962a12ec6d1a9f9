"""Known answers as submissions: the reference, the starter, mutants and alternates. Same pipeline, no special path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import Field, RootModel
from safetensors.torch import load, save

from autograder.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.submission import Submission
from autograder.yaml_edge import Strict, read_yaml

MADE_WEIGHTS = ("noise", "zeros", "nan", "missing")


class Edit(Strict):
    """One replacement in the reference."""

    old: str = Field(min_length=1)
    new: str


class Mutant(Strict):
    """A wrong answer and what must become of it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    story: str
    edits: list[Edit] = []
    weights: str | None = None
    """noise, zeros, nan, missing, or a file beside mutants.yaml."""
    must_fail: list[str] = Field(min_length=1)
    may_fail: list[str] = []
    says: list[str] = []


class Mutants(RootModel[list[Mutant]]):
    """The content of mutants.yaml."""


@dataclass(frozen=True, slots=True)
class Known:
    """A submission whose result is known."""

    name: str
    submission: Submission


def twin(assignment: Assignment) -> Path:
    """The folder of reference, mutants and alternates."""
    if assignment.reference is None:
        raise AssignmentError(
            f"reference_solutions/{assignment.slug}: no such folder", hint="an assignment cannot be proven without its answers"
        )
    return assignment.reference


def reference(assignment: Assignment) -> Submission:
    """The right answer with its trained weights."""
    path = twin(assignment) / f"{assignment.spec.module}.py"
    return Submission("reference", {path.name: _read(path), **_weights(assignment)})


def starter(assignment: Assignment) -> Submission:
    """The handout as it is given out."""
    name = f"{assignment.spec.module}.py"
    return Submission("starter", {name: _read(assignment.folder / "handout" / name)})


def alternates(assignment: Assignment) -> list[Known]:
    """Other right answers."""
    found = []
    for path in sorted((twin(assignment) / "alternates").glob("*.py")):
        own = path.with_suffix(".safetensors")
        weights = {assignment.spec.weights: _read(own)} if assignment.spec.weights and own.is_file() else _weights(assignment)
        files: Mapping[str, bytes] = {f"{assignment.spec.module}.py": _read(path), **weights}
        found.append(Known(path.stem, Submission(path.stem, files)))
    return found


def mutants(assignment: Assignment) -> list[tuple[Mutant, Submission]]:
    """Wrong answers, made from the reference by replacing text."""
    path = twin(assignment) / "mutants.yaml"
    listed: Sequence[Mutant] = read_yaml(path, Mutants, AssignmentError).root
    names = [mutant.name for mutant in listed]
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: {name}: occurs {names.count(name)} times, expected once")
    return [(mutant, _mutated(mutant, assignment, path)) for mutant in listed]


def seed_of(slug: str, number: int) -> str:
    """The seeds of a proof are fixed, so that it can be repeated; grading has others."""
    return hashlib.sha256(f"verify/{slug}/{number}".encode()).hexdigest()


def made_weights(mutant: Mutant, assignment: Assignment, seed: int) -> Submission:
    """The right code with this mutant's weights; `noise` is drawn with this seed."""
    if mutant.weights is None:
        raise AssignmentError(f"{mutant.name}: has no weights of its own")
    path = twin(assignment) / "mutants.yaml"
    return Submission(mutant.name, _with_weights(dict(reference(assignment).files), mutant.weights, assignment, path, seed))


def _mutated(mutant: Mutant, assignment: Assignment, path: Path) -> Submission:
    right = reference(assignment)
    module = f"{assignment.spec.module}.py"
    text = right.files[module].decode("utf-8")
    for edit in mutant.edits:
        if text.count(edit.old) != 1:
            raise AssignmentError(
                f"{path}: {mutant.name}: {edit.old!r} occurs {text.count(edit.old)} times in the reference, expected once"
            )
        text = text.replace(edit.old, edit.new)
    files = {**right.files, module: text.encode()}
    if mutant.weights is not None:
        files = _with_weights(files, mutant.weights, assignment, path)
    if files == right.files:
        raise AssignmentError(f"{path}: {mutant.name}: changes nothing")
    return Submission(mutant.name, files)


def _with_weights(
    files: dict[str, bytes], kind: str, assignment: Assignment, path: Path, seed: int = 0
) -> dict[str, bytes]:  # fmt: skip
    name = assignment.spec.weights
    if name is None:
        raise AssignmentError(f"{path}: weights: {assignment.slug} has no checkpoint to hand in")
    if kind == "missing":
        return {key: content for key, content in files.items() if key != name}
    if kind not in MADE_WEIGHTS:
        return {**files, name: _read(path.parent / kind)}
    tensors = load(files[name])
    rng = torch.Generator().manual_seed(seed)
    made = {
        key: {
            "noise": lambda t=tensor: 0.05 * torch.randn(t.shape, generator=rng),
            "zeros": lambda t=tensor: torch.zeros(t.shape),
            "nan": lambda t=tensor: torch.full(t.shape, torch.nan),
        }[kind]().to(tensor.dtype)
        for key, tensor in tensors.items()
    }
    return {**files, name: save(made)}


def _weights(assignment: Assignment) -> dict[str, bytes]:
    if assignment.spec.weights is None:
        return {}
    return {assignment.spec.weights: _read(twin(assignment) / "weights" / assignment.spec.weights)}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssignmentError(f"{path}: cannot be read: {error.strerror}", hint="see docs/authoring.md") from error
