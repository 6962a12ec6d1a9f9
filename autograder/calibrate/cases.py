"""Cases: everything that is trained and handed in for a calibration, by kind and name, each with seeds of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.assignment import Assignment
from autograder.calibrate.spec import Spec, Train
from autograder.calibrate.training import Training
from autograder.submission import Submission
from autograder.verify import wrong

REFERENCE, ALTERNATE, WEAK, MUTANT = "reference", "alternate", "weak", "mutant"
CHECKPOINT = "checkpoint"
"""The reference as `verify` hands it in, with verify's first seed: its value today tells a stale record."""
FIRST_SEED = {REFERENCE: 0, ALTERNATE: 1000, WEAK: 2000, MUTANT: 3000}
"""No two kinds share a seed of train.py."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run."""

    kind: str
    name: str
    number: int
    submission: Submission
    """What is handed in; its weights are replaced by the trained ones."""
    training: Training | None
    """None: it is handed in as it is."""

    def seed(self, slug: str) -> str:
        """Of the inputs: every run is judged with its own."""
        if self.kind == CHECKPOINT:
            return wrong.seed_of(slug, self.number)
        return hashlib.sha256(f"calibrate/{slug}/{self.kind}/{self.name}/{self.number}".encode()).hexdigest()


def cases(assignment: Assignment, spec: Spec) -> list[Case]:
    """All of them, the reference's first."""
    floors = {spec.floor, *(line.floor for line in spec.checks.values())}
    right, train = wrong.reference(assignment), spec.train
    found = [*_many(REFERENCE, "reference", right, _source(right, assignment), _arguments(train, "reference"), spec.runs)]
    found.append(Case(CHECKPOINT, "reference", 0, right, None))
    for other in wrong.alternates(assignment):
        if spec.alternates is not None and other.name not in spec.alternates:
            continue
        source = _source(other.submission, assignment)
        found += _many(ALTERNATE, other.name, other.submission, source, _arguments(train, "alternates"), spec.power)
    for name, arguments in spec.weak.items():
        count = spec.runs if name in floors else spec.power
        found += _many(WEAK, name, right, _source(right, assignment), (*(train or Train()).all, *arguments), count)
    for mutant, made in wrong.mutants(assignment):
        if mutant.name in spec.mutants:
            count = spec.runs if mutant.name in floors else spec.power
            found += _of_mutant(mutant, made, assignment, _arguments(train, "mutants"), count)
    return found


def _of_mutant(
    mutant: wrong.Mutant, made: Submission, assignment: Assignment, arguments: tuple[str, ...] | None, count: int
) -> Iterator[Case]:
    """Trained with the mistake and handed in with the right code; or the weights that it names; or, untrained, as it is."""
    if mutant.weights is not None:
        for number in range(count):
            yield Case(MUTANT, mutant.name, number, wrong.made_weights(mutant, assignment, number), None)
    elif arguments is None:
        yield from _many(MUTANT, mutant.name, made, b"", None, count)
    else:
        right = wrong.reference(assignment)
        yield from _many(MUTANT, mutant.name, right, _source(made, assignment), arguments, count)


def _many(
    kind: str, name: str, submission: Submission, source: bytes, arguments: tuple[str, ...] | None, count: int
) -> Iterator[Case]:
    for number in range(count):
        training = None if arguments is None else Training(source, arguments, FIRST_SEED[kind] + number)
        yield Case(kind, name, number, submission, training)


def _arguments(train: Train | None, kind: str) -> tuple[str, ...] | None:
    return None if train is None else (*train.all, *getattr(train, kind))


def _source(submission: Submission, assignment: Assignment) -> bytes:
    return submission.files[f"{assignment.spec.module}.py"]


def with_weights(case: Case, weights: bytes, assignment: Assignment) -> Submission:
    """The submission with the trained checkpoint."""
    files: Mapping[str, bytes] = {**case.submission.files, str(assignment.spec.weights): weights}
    return Submission(case.name, files)


def names_of(found: Sequence[Case], kind: str) -> list[str]:
    """Names of one kind, in order."""
    return list(dict.fromkeys(case.name for case in found if case.kind == kind))
