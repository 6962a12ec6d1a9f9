"""Grade: a folder of submissions -> one `Score` each. The table of contents of the package; read it aloud.

find -> prove the wall -> observe (many at a time, inside) -> judge (outside) -> score -> record
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.draw import Inputs, input_functions, run_seed
from autograder.errors import AssignmentError, AutograderError, CourseError
from autograder.gallery import picture_reads
from autograder.judge import judge
from autograder.observe import Run, observe
from autograder.plugin import Verdict
from autograder.rubric import Rubric, calibrated, complete_rubric
from autograder.sandbox.contract import Proof, Sandbox
from autograder.score import Score, refused_score, scored
from autograder.submission import Found, find_submissions, read_submission


@dataclass(frozen=True, slots=True)
class Prepared:
    """An assignment that is ready to be graded: everything that can be wrong with it has been looked at."""

    course: Course
    assignment: Assignment
    rubric: Rubric
    thresholds: dict[str, float]
    names: tuple[str, ...]
    """Inputs and observations that checks and pictures read."""


def prepare(course: Course, assignment: Assignment) -> Prepared:
    """Load and check everything before the first submission; errors here leave nothing half done."""
    rubric = complete_rubric(assignment)
    thresholds = calibrated(assignment, rubric, course.term.profile)
    names = needed(assignment, rubric)
    inputs = Inputs(assignment, "00" * 32)
    for name in names:
        if name not in assignment.observations:
            inputs[name]
    for observation in assignment.observations.values():
        for name in observation.inputs if observation.name in names else ():
            inputs[name]
    course.secret()
    return Prepared(course, assignment, rubric, thresholds, names)


def grade(
    submissions: Path, prepared: Prepared, sandbox: Sandbox, record: Callable[[Score, Run | None], Score], *, jobs: int = 1,
    on_start: Callable[[int], None] = lambda count: None,
) -> list[Score]:  # fmt: skip
    """Grade everything below `submissions`; `record` stores each score as soon as it is there."""
    found, refused = find_submissions(submissions, prepared.assignment)
    if not found and not refused:
        raise CourseError(
            f"{submissions}: no submission for `{prepared.assignment.slug}` found",
            hint="expected one folder, archive, .py or .ipynb for each student",
        )
    on_start(len(found) + len(refused))
    scores = [record(refused_score(each, prepared.assignment, prepared.rubric), None) for each in refused]
    for runs in observed(found, prepared, sandbox, jobs):
        for run, verdict in zip(runs, judged(runs, prepared), strict=True):
            scores.append(record(scored(run, verdict, prepared.rubric), run))
    return sorted(scores, key=lambda score: score.student)


def observed(found: Sequence[Found], prepared: Prepared, sandbox: Sandbox, jobs: int) -> Iterator[list[Run]]:
    """Runs as they finish, a handful at a time. Each guest is owned by the worker thread that started it."""
    proof = sandbox.prove()
    done: queue.Queue[Run] = queue.Queue()
    with ThreadPoolExecutor(max_workers=jobs) as workers:
        for each in found:
            workers.submit(_put, done, each, prepared, sandbox, proof)
        left = len(found)
        while left:
            batch = [done.get()]
            while not done.empty():
                batch.append(done.get())
            left -= len(batch)
            yield batch


def judged(runs: Sequence[Run], prepared: Prepared) -> list[Verdict]:
    """Verdicts in order; a judge that cannot run leaves every run ungraded."""
    healthy = [run for run in runs if not run.fault]
    try:
        verdicts = iter(judge(healthy, prepared.assignment, prepared.rubric, prepared.thresholds))
        return [Verdict(fault=run.fault) if run.fault else next(verdicts) for run in runs]
    except AutograderError as error:
        return [Verdict(fault=run.fault or error.message) for run in runs]


def needed(assignment: Assignment, rubric: Rubric) -> tuple[str, ...]:
    """Every input and observation that a check or a picture reads."""
    readers = [(line.id, name) for line in rubric.lines for name in line.reads if name != "limit"]
    readers += [(f"pictures.py: {picture}", name) for picture, names in picture_reads(assignment).items() for name in names]
    known = {*assignment.observations, *input_functions(assignment)}
    for reader, name in readers:
        if name not in known:
            raise AssignmentError(
                f"{assignment.folder}: {reader}: parameter `{name}`: neither driver.py nor inputs.py has such a function",
                hint=f"the names are: {', '.join(sorted(known))}",
            )
    # What only hidden checks read is asked last: nothing that student code keeps of it can reach what is shown.
    shown = {name for line in rubric.lines if line.visibility == "visible" for name in line.reads}
    shown |= {name for names in picture_reads(assignment).values() for name in names}
    driver = list(assignment.observations)
    place = {name: number for number, name in enumerate(driver)}
    return tuple(sorted({name for _, name in readers}, key=lambda name: (name not in shown, place.get(name, -1), name)))


def _put(done: queue.Queue[Run], found: Found, prepared: Prepared, sandbox: Sandbox, proof: Proof) -> None:
    done.put(_one(found, prepared, sandbox, proof))


def _one(found: Found, prepared: Prepared, sandbox: Sandbox, proof: Proof) -> Run:
    """One run; whatever goes wrong on our side is a fault of the harness, never an exception and never a zero."""
    assignment, wall = prepared.assignment, str(proof)
    digest = seed = ""
    try:
        submission = read_submission(found, assignment)
        digest = submission.digest
        seed = run_seed(prepared.course.secret(), digest, assignment.version)
        if not proof.holds:
            return _faulty(found, assignment, digest, seed, f"the wall is not proven: {wall}", wall)
        return observe(submission, assignment, sandbox, seed, prepared.names, wall=wall)
    except AutograderError as error:
        return _faulty(found, assignment, digest, seed, error.message, wall)
    except Exception as error:
        return _faulty(found, assignment, digest, seed, f"the grader failed: {type(error).__name__}: {error}", wall)


def _faulty(found: Found, assignment: Assignment, digest: str, seed: str, reason: str, wall: str) -> Run:
    return Run(found.student, assignment.slug, digest, assignment.version, seed, {}, {}, (), reason, wall)
