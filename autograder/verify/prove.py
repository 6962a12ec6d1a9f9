"""Prove one assignment: reference, starter, mutants, alternates, corruptions, record, handout. All through the real wall."""

from __future__ import annotations

import time
from collections.abc import Sequence

from autograder.errors import AutograderError
from autograder.grade import Prepared
from autograder.observe import Run, observe_seeds
from autograder.outcome import CheckResult, Status
from autograder.plugin import Verdict
from autograder.score import complete
from autograder.submission import Submission
from autograder.verify import calibration, handout, seeds, wrong
from autograder.verify.corrupt import corruptions
from autograder.verify.report import MutantReport, Report
from autograder.verify.wrong import Mutant
from autograder.verify.yard import Clock, Yard, judged

SEEDS = 20


def prove(prepared: Prepared, yard: Yard, *, count: int = SEEDS) -> Report:
    """The whole proof with `count` seeds. AssignmentError where the assignment cannot be read; all else is in the report."""
    started, clock = time.monotonic(), Clock()
    assignment = prepared.assignment
    report = Report(
        assignment.slug, title=assignment.spec.title, checks=prepared.rubric.lines, max_score=prepared.rubric.points()
    )
    listed, others = wrong.mutants(assignment), wrong.alternates(assignment)
    answers = [wrong.starter(assignment), *(each.submission for each in others), *(made for _, made in listed)]
    yard.progress.more(max(2, count) + len(answers) + 2)
    first = seeds.reference(report, prepared, yard, clock, max(2, count))
    verdicts = _all(answers, prepared, yard, clock)
    _starter(report, prepared, verdicts[0])
    _alternates(report, prepared, [each.name for each in others], verdicts[1 : 1 + len(others)])
    _mutants(report, prepared, [mutant for mutant, _ in listed], verdicts[1 + len(others) :])
    corruptions(report, prepared, yard, clock, first.runs)
    yard.progress.done(f"{assignment.slug}: damaged answers")
    calibration.check(report, prepared, first.measured)
    report.problems += handout.problems(prepared)
    yard.progress.done(f"{assignment.slug}: handout")
    report.seconds, report.work_seconds = time.monotonic() - started, clock.seconds
    return report


def _all(answers: Sequence[Submission], prepared: Prepared, yard: Yard, clock: Clock) -> list[Verdict | AutograderError]:
    """One verdict per known answer, with one seed."""
    seed = [wrong.seed_of(prepared.assignment.slug, 0)]

    def one(submission: Submission) -> Run | AutograderError:
        try:
            with clock.counting():
                run = observe_seeds(submission, prepared.assignment, yard.sandbox, seed, prepared.names)[0]
        except AutograderError as error:
            return error
        finally:
            yard.progress.done(f"{prepared.assignment.slug}: {submission.student}")
        return run

    verdicts: list[Verdict | AutograderError] = []
    batch: list[Run | AutograderError] = []
    for number, run in enumerate(yard.ahead(one, answers), 1):
        batch.append(run)
        if len(batch) >= seeds.BATCH or number == len(answers):
            found = iter(judged([run for run in batch if isinstance(run, Run)], prepared, yard, clock))
            verdicts += [next(found) if isinstance(run, Run) else run for run in batch]
            batch = []
    return verdicts


def _starter(report: Report, prepared: Prepared, verdict: Verdict | AutograderError) -> None:
    if isinstance(verdict, AutograderError) or verdict.fault:
        report.problems.append(f"starter: {_fault(verdict)}")
        return
    results = complete(prepared.rubric.lines, verdict.results)
    report.starter_score = sum(result.points for result in results)
    if report.starter_score != 0:
        earned = [result.line.id for result in results if result.points]
        report.problems.append(f"the starter gets {report.starter_score} points, expected 0: {', '.join(earned)}")


def _alternates(report: Report, prepared: Prepared, names: Sequence[str], verdicts: Sequence[Verdict | AutograderError]) -> None:
    for name, verdict in zip(names, verdicts, strict=True):
        if isinstance(verdict, AutograderError) or verdict.fault:
            report.problems.append(f"alternate {name}: {_fault(verdict)}")
            report.alternates.append((name, None))
            continue
        report.alternates.append((name, sum(result.points for result in complete(prepared.rubric.lines, verdict.results))))
        report.problems += [f"alternate {name} loses {lost.line.id}: {lost.message}" for lost in seeds.lost(prepared, verdict)]


def _mutants(report: Report, prepared: Prepared, listed: Sequence[Mutant], verdicts: Sequence[Verdict | AutograderError]) -> None:
    known = {line.id for line in prepared.rubric.lines}
    for mutant, verdict in zip(listed, verdicts, strict=True):
        unknown = [name for name in (*mutant.must_fail, *mutant.may_fail) if name not in known]
        report.problems += [f"mutant {mutant.name}: no check is called {name}" for name in unknown]
        if isinstance(verdict, AutograderError) or verdict.fault:
            report.problems.append(f"mutant {mutant.name}: {_fault(verdict)}")
            continue
        _mutant(report, mutant, complete(prepared.rubric.lines, verdict.results))
    caught = {name for mutant in listed for name in mutant.must_fail}
    report.problems += [f"{line.id}: no mutant must fail it" for line in prepared.rubric.lines if line.id not in caught]


def _mutant(report: Report, mutant: Mutant, results: Sequence[CheckResult]) -> None:
    lost = [result for result in results if result.status is not Status.PASSED]
    entry = MutantReport(mutant.name, mutant.story, list(mutant.must_fail), list(mutant.may_fail), [r.line.id for r in lost])
    entry.points = sum(result.points for result in results)
    entry.outcomes = {result.line.id: str(result.status) for result in results}
    entry.silent = bool(mutant.says) and not _says(mutant.says, lost)
    report.mutants.append(entry)
    report.problems += [f"mutant {mutant.name} is not caught by {name}" for name in entry.missed]
    others = [result for result in lost if result.line.id in entry.unexpected]
    report.problems += [f"mutant {mutant.name} also loses {result.line.id}: {result.message}" for result in others]
    if entry.silent:
        report.problems.append(f"mutant {mutant.name}: the student reads none of {', '.join(mutant.says)}")


def _fault(verdict: Verdict | AutograderError) -> str:
    return verdict.message if isinstance(verdict, AutograderError) else verdict.fault


def _says(words: Sequence[str], lost: Sequence[CheckResult]) -> bool:
    """Whether one of the words is in what the student would read."""
    shown = [result.for_student() for result in lost]
    text = " ".join(f"{result.line.title} {result.message} {result.line.hint}" for result in shown).lower()
    return any(word.lower() in text for word in words)
