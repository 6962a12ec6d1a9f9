"""Many seeds: the reference with fresh inputs, in parallel. Every check that it loses is a right answer judged wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.calibrate.tolerance import FALSE_FAILS
from autograder.grade import Prepared
from autograder.observe import Run, observe_seeds
from autograder.outcome import CheckResult, Status
from autograder.plugin import Verdict
from autograder.score import complete
from autograder.verify import wrong
from autograder.verify.report import Report
from autograder.verify.yard import Clock, Yard, judged

BATCH = 10
"""Seeds behind one wall, and runs in one session of the judge: both take a second or more to start."""


@dataclass(frozen=True, slots=True)
class First:
    """Of the reference's first seeds: what the rest of the proof needs."""

    runs: list[Run]
    measured: dict[str, float]
    """Statistical check -> its value with the first seed."""


def reference(report: Report, prepared: Prepared, yard: Yard, clock: Clock, count: int) -> First:
    """Judge the reference with `count` seeds; losses become part of the report."""
    assignment = prepared.assignment
    submission = wrong.reference(assignment)

    def ask(numbers: range) -> list[Run]:
        chosen = [wrong.seed_of(assignment.slug, number) for number in numbers]
        with clock.counting():
            found = observe_seeds(submission, assignment, yard.sandbox, chosen, prepared.names)
        yard.progress.done(f"{assignment.slug}: reference, seed {numbers[-1]}", len(numbers))
        return found

    size = max(1, min(BATCH, -(-count // yard.jobs)))
    batches = [range(start, min(start + size, count)) for start in range(0, count, size)]
    first = First([], {})
    for numbers, runs in zip(batches, yard.ahead(ask, batches), strict=True):
        verdicts = judged(runs, prepared, yard, clock)
        if not first.measured and numbers.start == 0:
            first.measured.update({check: found.value for check, found in verdicts[0].measured.items()})
        first.runs.extend(runs[: 2 - len(first.runs)])
        for number, verdict in zip(numbers, verdicts, strict=True):
            _count(report, prepared, number, verdict)
    if len(report.false_fails) > allowed(report.judgements):
        report.problems += [f"the reference loses {text}" for text in report.false_fails[:20]]
    return first


def _count(report: Report, prepared: Prepared, number: int, verdict: Verdict) -> None:
    if verdict.fault:
        report.problems.append(f"reference, seed {number}: {verdict.fault}")
    gone = lost(prepared, verdict)
    report.seeds += 1
    report.judgements += len(prepared.rubric.lines)
    report.false_fails += [f"seed {number}: {result.line.id}: {result.message}" for result in gone]
    points = sum(result.points for result in complete(prepared.rubric.lines, verdict.results))
    report.reference_score = points if report.reference_score is None else min(points, report.reference_score)


def allowed(judgements: int) -> int:
    """One lost judgement in 10,000 is what the thresholds are made for; of fewer judgements none may be lost."""
    return round(judgements * FALSE_FAILS) if judgements * FALSE_FAILS >= 1 else 0


def lost(prepared: Prepared, verdict: Verdict) -> Sequence[CheckResult]:
    """Lines that did not pass."""
    return [result for result in complete(prepared.rubric.lines, verdict.results) if result.status is not Status.PASSED]
