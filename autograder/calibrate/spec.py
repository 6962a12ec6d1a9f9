"""Spec: `reference_solutions/<slug>/calibration.yaml`, how the runs of a calibration are made. Unknown keys are errors."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from autograder.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.limit import STEPS
from autograder.rubric import Rubric
from autograder.verify.wrong import Mutants, alternates, twin
from autograder.yaml_edge import Strict, read_yaml

FILE = "calibration.yaml"
LEAST_RUNS = 20
"""metrics.md: with fewer runs the tolerance factor grows fast, and 75 % of slightly wrong answers pass."""


class Train(Strict):
    """Arguments of train.py besides `--seed` and `--out`; `{shipped}` stands for the folder of the images that ship."""

    all: list[str] = []
    reference: list[str] = []
    """Usually fewer epochs than train.py's own: a right answer that learns a little more slowly has to pass as well."""
    alternates: list[str] = []
    mutants: list[str] = []


class Line(Strict):
    """What one check does differently."""

    floor: str | None = None
    """Name of the weak model, or mutant, from whose values on nothing is earned; `none`: all or nothing."""
    steps: int | None = Field(default=None, ge=2, le=20)


class Spec(Strict):
    """The content of calibration.yaml."""

    runs: int = Field(default=LEAST_RUNS, ge=LEAST_RUNS)
    power: int = Field(default=3, ge=1)
    """Runs of each mutant, each alternate and each weak model that makes no floor."""
    train: Train | None = None
    """Left out where nothing is trained: a run is then one fresh seed."""
    minutes: int = Field(default=60, ge=1)
    """One training may take this long."""
    weak: dict[str, list[str]] = {}
    """Name -> arguments of train.py: the right code, trained too little."""
    alternates: list[str] | None = None
    """Files of alternates/ that are trained, without .py; left out: all of them."""
    mutants: list[str] = []
    """Mutants of mutants.yaml whose statistic is measured: trained with the mistake, or with the weights that they name."""
    floor: str | None = None
    steps: int = Field(default=STEPS, ge=2, le=20)
    encoders: list[str] = []
    """Encoders that the checks measure with; their digests become part of the record."""
    checks: dict[str, Line] = {}

    def floor_of(self, check: str) -> str | None:
        """Whose values make this check's floor; None: all or nothing."""
        own = self.checks.get(check, Line()).floor
        found = own if own is not None else self.floor
        return None if found == "none" else found

    def steps_of(self, check: str) -> int:
        """How many steps partial credit has."""
        return self.checks.get(check, Line()).steps or self.steps


def read_spec(assignment: Assignment, rubric: Rubric) -> Spec:
    """The spec, after proof that every name in it is known. AssignmentError otherwise."""
    path = twin(assignment) / FILE
    if not path.is_file():
        raise AssignmentError(f"{path}: missing: it says how the runs are made", hint="see docs/authoring.md, Calibration")
    spec = read_yaml(path, Spec, AssignmentError)
    _known(path, "mutants", spec.mutants, [mutant.name for mutant in _mutants(assignment).root])
    _known(path, "alternates", spec.alternates or [], [other.name for other in alternates(assignment)])
    _known(path, "checks", list(spec.checks), [line.id for line in rubric.lines if line.statistical])
    _known(path, "weak", [name for name in spec.weak if name in spec.mutants], [])
    floors = [name for name in (spec.floor, *(line.floor for line in spec.checks.values())) if name not in (None, "none")]
    _known(path, "floor", [str(name) for name in floors], [*spec.weak, *spec.mutants])
    if spec.train is None and assignment.spec.weights:
        raise AssignmentError(
            f"{path}: train: missing: {assignment.spec.weights} is handed in, so every run is a training of its own",
            hint="train: {reference: [--epochs, '10']}, or `train: {}` for train.py as it is",
        )
    if spec.train is None and spec.weak:
        raise AssignmentError(f"{path}: weak: {', '.join(spec.weak)}: expected `train:` as well, for these are trained")
    return spec


def _mutants(assignment: Assignment) -> Mutants:
    return read_yaml(twin(assignment) / "mutants.yaml", Mutants, AssignmentError)


def _known(path: Path, key: str, names: list[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            wanted = f"one of {', '.join(known)}" if known else "a name of its own"
            raise AssignmentError(f"{path}: {key}: {name}: expected {wanted}")
