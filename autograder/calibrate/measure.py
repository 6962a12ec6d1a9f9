"""Measure: cases -> the statistic of every statistical check. Trained outside, observed inside, judged without a limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.calibrate.cases import ALTERNATE, CHECKPOINT, REFERENCE, Case, with_weights
from autograder.calibrate.training import Trainer, TrainingFailed
from autograder.compare import Measured
from autograder.errors import AssignmentError
from autograder.judge import judge
from autograder.observe import Run, observe
from autograder.plugin import Verdict
from autograder.rubric import Rubric
from autograder.sandbox.contract import Sandbox

BATCH = 8
"""Runs that are judged at a time: starting the judge takes a second, a run takes some megabytes."""
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one case measured."""

    case: Case
    values: dict[str, Measured | None]
    """Check id -> statistic; None: the answer was refused before there was one, or the training failed."""
    trouble: str = ""
    """Why there is no value."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What measuring takes."""

    assignment: Assignment
    rubric: Rubric
    sandbox: Sandbox
    trainer: Trainer | None

    @property
    def checks(self) -> list[str]:
        """Ids of the statistical checks."""
        return [line.id for line in self.rubric.lines if line.statistical]

    @property
    def names(self) -> tuple[str, ...]:
        """Inputs and observations that they read."""
        read = {name for line in self.rubric.lines if line.statistical for name in line.reads if name != "limit"}
        return tuple(sorted(read, key=lambda name: (name not in self.assignment.observations, name)))


def measure(bench: Bench, cases: Sequence[Case], jobs: int, step: Step) -> list[Taken]:
    """Every case, in order. AssignmentError when a right answer has no value."""
    found: dict[int, Taken] = {}
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        waiting = {pool.submit(_observed, bench, case): i for i, case in enumerate(cases)}
        for batch in _batches(waiting, lambda i: step(f"{cases[i].kind} {cases[i].name} {cases[i].number}")):
            runs = [(i, run) for i, run in batch if isinstance(run, Run)]
            found |= {i: Taken(cases[i], dict.fromkeys(bench.checks), run) for i, run in batch if isinstance(run, str)}
            for (i, _), verdict in zip(runs, _judged(bench, [run for _, run in runs]), strict=True):
                found[i] = _taken(bench, cases[i], verdict)
            for i, _ in batch:
                _refuse(bench, found[i])
    finally:
        pool.shutdown(cancel_futures=True)
    return [found[i] for i in range(len(cases))]


def _batches(
    waiting: dict[Future[Run | str], int], came: Callable[[int], None]
) -> Iterator[list[tuple[int, Run | str]]]:  # fmt: skip
    """Results as they come, a handful at a time."""
    batch: list[tuple[int, Run | str]] = []
    for done in as_completed(list(waiting)):
        batch.append((waiting.pop(done), done.result()))
        came(batch[-1][0])
        if len(batch) >= BATCH or not waiting:
            yield batch
            batch = []


def _observed(bench: Bench, case: Case) -> Run | str:
    """The run; or why it could not be trained."""
    submission = case.submission
    if case.training is not None and bench.trainer is not None:
        try:
            submission = with_weights(case, bench.trainer.weights(case.training), bench.assignment)
        except TrainingFailed as error:
            return error.message
    return observe(submission, bench.assignment, bench.sandbox, case.seed(bench.assignment.slug), bench.names)


def _judged(bench: Bench, runs: Sequence[Run]) -> list[Verdict]:
    everyone = range(len(runs))
    nobody = {line.id: range(0) for line in bench.rubric.lines}
    only = {**nobody, **dict.fromkeys(bench.checks, everyone)}
    return judge(runs, bench.assignment, bench.rubric, dict.fromkeys(bench.checks), only=only)


def _taken(bench: Bench, case: Case, verdict: Verdict) -> Taken:
    if verdict.fault:
        raise AssignmentError(f"{bench.assignment.folder}: {case.kind} {case.name}: {verdict.fault}")
    values: dict[str, Measured | None] = {}
    messages = []
    for check in bench.checks:
        result, value = verdict.results.get(check), verdict.measured.get(check)
        passed = result is not None and result.status.value == "passed"
        values[check] = value if passed and value is not None and math.isfinite(value.value) else None
        if values[check] is None:
            messages.append(f"{check}: {result.message if result is not None and result.message else 'measured nothing'}")
    return Taken(case, values, "; ".join(messages))


def _refuse(bench: Bench, taken: Taken) -> None:
    """A right answer has to have a value."""
    if taken.trouble and taken.case.kind in (REFERENCE, CHECKPOINT, ALTERNATE):
        what = f"{taken.case.kind} {taken.case.name}, run {taken.case.number}"
        raise AssignmentError(
            f"{bench.assignment.folder}: {what}: {taken.trouble}",
            hint="mend the answer or the check first: only right answers can be measured",
        )


def cache_folder(root: Path) -> Path:
    """Where trained weights are kept, outside the repository's files."""
    return root / ".autograder" / "calibrate"
