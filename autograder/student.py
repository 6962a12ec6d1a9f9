"""Check: a student's own work, judged by the visible checks on the student's own machine, without a wall (it is one's own code).

Takes the folder that holds the assignment's files; gives results and pictures. The same driver, checks and ids as in the grade.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import FILE, Assignment, read_assignment
from autograder.draw import Inputs
from autograder.errors import AssignmentError, DataError
from autograder.files import write_whole
from autograder.gallery import draw_gallery, picture_reads
from autograder.judge import JudgeError, judge
from autograder.observe import observe
from autograder.record import view_of
from autograder.reports.feedback import feedback_html
from autograder.reports.view import AssignmentView, Gallery
from autograder.rubric import Rubric, calibrated, load_rubric
from autograder.sandbox.none import NoSandbox
from autograder.score import Score, scored
from autograder.submission import Found, read_submission

PICTURES = "check"
"""Folder that `check` writes beside the student's files."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found."""

    score: Score
    view: AssignmentView
    galleries: tuple[Gallery, ...]
    written: tuple[Path, ...]


def find_handout(path: Path) -> Assignment:
    """The released assignment that `path` (a folder, or a file in it) belongs to."""
    if not path.exists():
        raise AssignmentError(f"{path}: no such file or folder")
    start = (path if path.is_dir() else path.parent).resolve()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            assignment = read_assignment(folder, folder.name)
            return read_assignment(folder, assignment.spec.module)
    raise AssignmentError(
        f"{start}: no {FILE} here or above", hint="run `autograder check` in the folder of the handout, or name that folder"
    )


def check_own(path: Path, assignment: Assignment, *, seed: str = "", write: bool = True) -> Checked:
    """Judge the visible checks on the files in `path`."""
    rubric = load_rubric(assignment, hidden=False)
    thresholds = calibrated(assignment, rubric, "embedded")
    submission = read_submission(Found("you", path), assignment)
    seed = seed or secrets.token_hex(32)
    names = _drawable(assignment, rubric, seed)
    run = observe(submission, assignment, NoSandbox(), seed, names)
    (verdict,) = judge([run], assignment, rubric, thresholds)
    if verdict.fault:
        raise JudgeError(f"the checks could not be run: {verdict.fault}", hint="tell your instructor: this is not your mistake")
    score = scored(run, verdict, rubric)
    view = view_of(None, assignment, rubric)
    galleries = draw_gallery(run, assignment)
    written = _write(path if path.is_dir() else path.parent, score, view, galleries) if write else ()
    return Checked(score, view, galleries, written)


def _drawable(assignment: Assignment, rubric: Rubric, seed: str) -> list[str]:
    """What the visible checks read, and what those pictures read that can be drawn without the held-out data."""
    names = [name for line in rubric.lines for name in line.reads if name != "limit"]
    inputs = Inputs(assignment, seed)
    for reads in picture_reads(assignment).values():
        if _can(assignment, inputs, reads):
            names += reads
    return list(dict.fromkeys(names))


def _can(assignment: Assignment, inputs: Inputs, reads: tuple[str, ...]) -> bool:
    try:
        for read in reads:
            observation = assignment.observations.get(read)
            for name in observation.inputs if observation is not None else [read]:
                inputs[name]
    except DataError:
        return False
    return True


def _write(folder: Path, score: Score, view: AssignmentView, galleries: tuple[Gallery, ...]) -> tuple[Path, ...]:
    """The page and each picture."""
    out = folder / PICTURES
    out.mkdir(exist_ok=True)
    write_whole(out / "feedback.html", feedback_html(score, view, galleries).encode())
    written = [out / "feedback.html"]
    for gallery in galleries:
        write_whole(out / f"{gallery.name}.png", gallery.png)
        written.append(out / f"{gallery.name}.png")
    return tuple(written)
