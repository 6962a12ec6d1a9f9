"""Calibrate: an assignment -> the record of its thresholds. The table of contents of this package.

spec -> cases -> train (cached) -> observe (inside) -> judge without a limit -> settle -> record, pictures
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.calibrate.cases import ALTERNATE, FIRST_SEED, MUTANT, REFERENCE, WEAK, Case, cases, names_of
from autograder.calibrate.measure import Bench, Step, cache_folder, measure
from autograder.calibrate.record import FORMAT, encoder_digests, write_record
from autograder.calibrate.settle import Settled, settle
from autograder.calibrate.spec import Spec, read_spec
from autograder.calibrate.training import Trainer
from autograder.course import Course
from autograder.errors import AssignmentError, SandboxUnavailable
from autograder.rubric import Rubric, complete_rubric
from autograder.sandbox.contract import Sandbox
from autograder.verify import wrong


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a calibration is going to do."""

    course: Course
    assignment: Assignment
    rubric: Rubric
    spec: Spec
    cases: tuple[Case, ...]
    trainer: Trainer | None

    @property
    def to_train(self) -> int:
        """Trainings that are not in the cache."""
        if self.trainer is None:
            return 0
        return sum(case.training is not None and not self.trainer.is_cached(case.training) for case in self.cases)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came out; nothing is written yet."""

    slug: str
    record: Mapping[str, Any]
    settled: Settled
    before: Mapping[str, float]
    """Thresholds of the record that was there."""


def plan(course: Course, assignment: Assignment, *, runs: int = 0, power: int = 0) -> Plan:
    """Read and check everything; `runs` and `power` go before those of the spec. AssignmentError before anything is trained."""
    rubric = complete_rubric(assignment)
    if not any(line.statistical for line in rubric.lines):
        raise AssignmentError(f"{assignment.folder}: no check takes `limit`, so there is nothing to calibrate")
    spec = read_spec(assignment, rubric)
    chosen = {"runs": runs or spec.runs, "power": power or spec.power}
    spec = spec.model_copy(update=chosen)
    encoder_digests(spec.encoders, assignment.held_out)
    trainer = Trainer(assignment, cache_folder(course.root), 60 * spec.minutes) if spec.train is not None else None
    return Plan(course, assignment, rubric, spec, tuple(cases(assignment, spec)), trainer)


def calibrate(plan: Plan, sandbox: Sandbox, *, jobs: int = 1, command: str = "", step: Step = lambda text: None) -> Calibration:
    """Measure all cases and settle the thresholds."""
    proof = sandbox.prove()
    if not proof.holds:
        raise SandboxUnavailable(f"the wall is not proven: {proof}", hint=proof.hint)
    taken = measure(Bench(plan.assignment, plan.rubric, sandbox, plan.trainer), plan.cases, jobs, step)
    settled = settle(taken, plan.spec, deterministic(plan.assignment, plan.rubric))
    settled.remarks += [
        f"{t.case.kind} {t.case.name} {t.case.number} has no value: {t.trouble[:200]}" for t in taken if t.trouble
    ]
    record = {
        "format": FORMAT, "profile": plan.course.term.profile, "command": command,
        "encoders": encoder_digests(plan.spec.encoders, plan.assignment.held_out),
        "train": plan.spec.train.model_dump() if plan.spec.train is not None else None, "weak": plan.spec.weak,
        "first_seed": FIRST_SEED, "checks": settled.checks,
    }  # fmt: skip
    return Calibration(plan.assignment.slug, record, settled, _before(plan.assignment))


def write(found: Calibration, assignment: Assignment, draw: Callable[[str, Mapping[str, Any]], bytes]) -> list[Path]:
    """The record, and a picture for each check."""
    path = assignment.folder / "calibration.json"
    write_record(path, found.record)
    written = [path]
    for check, entry in found.record["checks"].items():
        place = assignment.folder / "docs" / "calibration" / f"{check}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(draw(check, entry))
        written.append(place)
    return written


def deterministic(assignment: Assignment, rubric: Rubric) -> dict[str, list[str]]:
    """Mutant -> those of its must_fail checks that need no threshold."""
    exact = {line.id for line in rubric.lines if not line.statistical}
    return {mutant.name: [name for name in mutant.must_fail if name in exact] for mutant, _ in wrong.mutants(assignment)}


def counted(found: Plan) -> str:
    """`20 reference, 4 alternate, ...`: what is going to be run."""
    kinds = (REFERENCE, ALTERNATE, WEAK, MUTANT)
    many = {kind: sum(case.kind == kind for case in found.cases) for kind in kinds}
    return ", ".join(f"{many[kind]} {kind} ({len(names_of(found.cases, kind))})" for kind in kinds if many[kind])


def _before(assignment: Assignment) -> dict[str, float]:
    try:
        return {name: float(entry["threshold"]) for name, entry in assignment.calibration().get("checks", {}).items()}
    except AssignmentError:  # a broken record is what this command mends
        return {}
