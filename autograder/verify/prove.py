"""Prove one assignment: reference, starter, mutants, alternates, corruptions, handout. Everything goes through the real wall."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from autograder.assignment import Assignment
from autograder.errors import AutograderError, SandboxUnavailable
from autograder.grade import Prepared
from autograder.judge import judge
from autograder.observe import Run, observe_seeds
from autograder.outcome import CheckResult, Status
from autograder.plugin import Verdict
from autograder.sandbox.contract import Sandbox
from autograder.score import complete
from autograder.submission import Submission
from autograder.verify import handout, wrong
from autograder.verify.corrupt import NAMES, corrupted
from autograder.verify.report import MutantReport, Report
from autograder.verify.wrong import Mutant

SEEDS = 20
Step = Callable[[str], None]


def prove(prepared: Prepared, sandbox: Sandbox, *, seeds: int = SEEDS, jobs: int = 1, step: Step = lambda text: None) -> Report:
    """The whole proof. AssignmentError when the assignment cannot even be loaded; everything else is a problem in the report."""
    proof = sandbox.prove()
    if not proof.holds:
        raise SandboxUnavailable(f"the wall is not proven: {proof}", hint=proof.hint)
    started = time.monotonic()
    assignment = prepared.assignment
    report = Report(assignment.slug, seeds=seeds, max_score=prepared.rubric.points())
    step("reference")
    runs = _reference(report, prepared, sandbox, seeds)
    listed, others = wrong.mutants(assignment), wrong.alternates(assignment)
    answers = [wrong.starter(assignment), *(each.submission for each in others), *(made for _, made in listed)]
    step(f"{len(listed)} mutants, {len(others)} alternates")
    verdicts = _all(answers, prepared, sandbox, jobs, step)
    _starter(report, prepared, verdicts[0])
    _alternates(report, prepared, [each.name for each in others], verdicts[1 : 1 + len(others)])
    _mutants(report, prepared, [mutant for mutant, _ in listed], verdicts[1 + len(others) :])
    step("corruptions")
    _corruptions(report, prepared, runs)
    report.calibration = _calibration(assignment)
    report.problems += handout.problems(prepared)
    report.seconds = time.monotonic() - started
    return report


def seed_of(slug: str, number: int) -> str:
    """The seeds of the proof are fixed, so that it can be repeated; grading has others."""
    return hashlib.sha256(f"verify/{slug}/{number}".encode()).hexdigest()


def _reference(report: Report, prepared: Prepared, sandbox: Sandbox, seeds: int) -> list[Run]:
    assignment = prepared.assignment
    numbers = [seed_of(assignment.slug, i) for i in range(max(2, seeds))]
    runs = observe_seeds(wrong.reference(assignment), assignment, sandbox, numbers, prepared.names)
    verdicts = judge(runs, assignment, prepared.rubric, prepared.thresholds)
    scores = []
    for number, verdict in enumerate(verdicts):
        if verdict.fault:
            report.problems.append(f"reference, seed {number}: {verdict.fault}")
        lost = _lost(prepared, verdict)
        report.false_fails += [f"seed {number}: {result.line.id}: {result.message}" for result in lost]
        scores.append(_points(prepared, verdict))
    report.reference_score = min(scores)
    report.problems += [f"the reference loses {text}" for text in report.false_fails[:20]]
    return runs


def _all(
    answers: Sequence[Submission], prepared: Prepared, sandbox: Sandbox, jobs: int, step: Step
) -> list[Verdict | AutograderError]:
    """One verdict per known answer, with one seed."""
    seed = [seed_of(prepared.assignment.slug, 0)]

    def one(submission: Submission) -> Run | AutograderError:
        try:
            run = observe_seeds(submission, prepared.assignment, sandbox, seed, prepared.names)[0]
        except AutograderError as error:
            return error
        step(submission.student)
        return run

    with ThreadPoolExecutor(max_workers=jobs) as workers:
        runs = list(workers.map(one, answers))
    judged = iter(judge([r for r in runs if isinstance(r, Run)], prepared.assignment, prepared.rubric, prepared.thresholds))
    return [next(judged) if isinstance(run, Run) else run for run in runs]


def _starter(report: Report, prepared: Prepared, verdict: Verdict | AutograderError) -> None:
    if isinstance(verdict, AutograderError) or verdict.fault:
        report.problems.append(f"starter: {_fault(verdict)}")
        return
    report.starter_score = _points(prepared, verdict)
    if report.starter_score != 0:
        passed = [r.line.id for r in complete(prepared.rubric.lines, verdict.results) if r.status is Status.PASSED]
        report.problems.append(f"the starter gets {report.starter_score} points, expected 0: {', '.join(passed)}")


def _alternates(report: Report, prepared: Prepared, names: Sequence[str], verdicts: Sequence[Verdict | AutograderError]) -> None:
    for name, verdict in zip(names, verdicts, strict=True):
        if isinstance(verdict, AutograderError) or verdict.fault:
            report.problems.append(f"alternate {name}: {_fault(verdict)}")
            report.alternates.append((name, None))
            continue
        report.alternates.append((name, _points(prepared, verdict)))
        report.problems += [f"alternate {name} loses {lost.line.id}: {lost.message}" for lost in _lost(prepared, verdict)]


def _mutants(report: Report, prepared: Prepared, listed: Sequence[Mutant], verdicts: Sequence[Verdict | AutograderError]) -> None:
    known = {line.id for line in prepared.rubric.lines}
    for mutant, verdict in zip(listed, verdicts, strict=True):
        unknown = [name for name in (*mutant.must_fail, *mutant.may_fail) if name not in known]
        report.problems += [f"mutant {mutant.name}: no check is called {name}" for name in unknown]
        if isinstance(verdict, AutograderError) or verdict.fault:
            report.problems.append(f"mutant {mutant.name}: {_fault(verdict)}")
            continue
        lost = _lost(prepared, verdict)
        entry = MutantReport(mutant.name, mutant.story, list(mutant.must_fail), [result.line.id for result in lost])
        entry.unexpected = [name for name in entry.failed if name not in (*mutant.must_fail, *mutant.may_fail)]
        entry.silent = bool(mutant.says) and not _says(mutant.says, lost)
        report.mutants.append(entry)
        missed = [name for name in mutant.must_fail if name not in entry.failed]
        report.problems += [f"mutant {mutant.name} is not caught by {name}" for name in missed]
        others = [result for result in lost if result.line.id in entry.unexpected]
        report.problems += [f"mutant {mutant.name} also loses {result.line.id}: {result.message}" for result in others]
        if entry.silent:
            report.problems.append(f"mutant {mutant.name}: the student reads none of {', '.join(mutant.says)}")
    caught = {name for mutant in listed for name in mutant.must_fail}
    report.problems += [f"{line.id}: no mutant must fail it" for line in prepared.rubric.lines if line.id not in caught]


def _corruptions(report: Report, prepared: Prepared, runs: Sequence[Run]) -> None:
    """Every leaf that a check looked at, damaged in every way: the check must fail, and must not raise."""
    assignment, rubric = prepared.assignment, prepared.rubric
    (whole,) = judge(runs[:1], assignment, rubric, prepared.thresholds)
    if any(answer.fault for answer in (*runs[0].answers.values(), *runs[1].answers.values())):
        report.problems.append("corruptions were not tried: an observation of the reference has no value")
        return
    damaged = list(corrupted(runs[0], runs[1], {leaf for leaves in whole.reads.values() for leaf in leaves}))
    only: dict[str, list[int]] = {}
    for line in rubric.lines:
        unknown = [kind for kind in line.tolerates if kind not in NAMES]
        report.problems += [f"{line.id}: tolerates `{kind}`: expected one of {', '.join(NAMES)}" for kind in unknown]
        mine = [i for i, each in enumerate(damaged) if each.leaf in whole.reads.get(line.id, set())]
        only[line.id] = [i for i in mine if damaged[i].kind not in line.tolerates]
        report.exempt += len(mine) - len(only[line.id])
        if not mine:
            report.problems.append(f"{line.id}: looks at no observation, so nothing can fail it")
    verdicts = judge([each.run for each in damaged], assignment, rubric, prepared.thresholds, only=only)
    for line in rubric.lines:
        for i in only[line.id]:
            report.tried += 1
            result = verdicts[i].results.get(line.id)
            if result is not None and result.status is Status.FAILED:
                report.caught += 1
                continue
            how = "passes" if result is not None and result.status is Status.PASSED else "does not judge"
            what = f"{'.'.join(damaged[i].leaf)} is damaged ({damaged[i].kind})"
            report.problems.append(f"{line.id} {how} when {what}: {verdicts[i].fault[:200]}".rstrip(": "))


def _calibration(assignment: Assignment) -> list[Mapping[str, object]]:
    return [
        {"check": name, "threshold": entry["threshold"], "runs": len(entry.get("runs", [])),
         "false_fail_bound": entry.get("false_fail_bound"), "power": entry.get("power", {})}
        for name, entry in assignment.calibration().get("checks", {}).items()
    ]  # fmt: skip


def _fault(verdict: Verdict | AutograderError) -> str:
    return verdict.message if isinstance(verdict, AutograderError) else verdict.fault


def _lost(prepared: Prepared, verdict: Verdict) -> list[CheckResult]:
    return [result for result in complete(prepared.rubric.lines, verdict.results) if result.status is not Status.PASSED]


def _points(prepared: Prepared, verdict: Verdict) -> int:
    return sum(result.points for result in complete(prepared.rubric.lines, verdict.results))


def _says(words: Sequence[str], lost: Sequence[CheckResult]) -> bool:
    """Whether one of the words is in what the student would read."""
    shown = [result.for_student() for result in lost]
    text = " ".join(f"{result.line.title} {result.message} {result.line.hint}" for result in shown).lower()
    return any(word.lower() in text for word in words)
