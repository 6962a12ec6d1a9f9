"""Record: scores and runs -> the result folder: per student result, feedback and observations; for the class index, JSON and CSV.

A student's `result.json` is written last, so that what is there is whole. When the disk fills up, what was graded stays, the rest
is ungraded, and the class files still fit, because room for them was put aside at the start.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.gallery import draw_gallery
from autograder.observe import Run
from autograder.reports.class_page import class_page
from autograder.reports.evidence import evidence
from autograder.reports.feedback import feedback_html, feedback_md
from autograder.reports.grades_csv import write_grades
from autograder.reports.results_json import write_result, write_results
from autograder.reports.view import AssignmentView, Entry, Gallery, TaskView
from autograder.rubric import Rubric
from autograder.score import Score
from autograder.store import save_run

RESERVE = 4 * 1024 * 1024
"""Bytes put aside for the class files."""


class Record:
    """One result folder."""

    def __init__(self, folder: Path, course: Course, assignment: Assignment, rubric: Rubric) -> None:
        self.folder, self._assignment = folder, assignment
        self._view = view_of(course, assignment, rubric)
        self._entries: dict[str, Entry] = {}
        self._full = ""
        self._reserve = folder / ".reserve"

    def open(self) -> None:
        """Make the folder and put room aside. CourseError before anything is half done."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            foreign = [path for path in self.folder.iterdir() if path.name != ".reserve"]
            if foreign and not (self.folder / "results.json").exists() and not list(self.folder.glob("*/observations")):
                raise CourseError(
                    f"{self.folder}: holds other files: expected an empty folder, or one of an earlier grading",
                    hint="choose another --out",
                )
            self._reserve.write_bytes(bytes(RESERVE))
        except OSError as error:
            with contextlib.suppress(OSError):
                self._reserve.unlink()
            raise CourseError(
                f"{self.folder}: cannot be written: {error.strerror}: expected at least {RESERVE // 2**20} MiB of room",
                hint="check permissions and free space, or choose another --out",
            ) from error

    def add(self, score: Score, run: Run | None, *, keep_observations: bool = True) -> Score:
        """Write one student's files. A disk that does not take them makes the score ungraded."""
        if self._full and run is not None:
            score = _ungraded(score, self._full)
        galleries = draw_gallery(run, self._assignment) if run is not None and score.graded else ()
        if run is not None and not self._full:
            try:
                self._write_student(score, run, galleries, keep_observations)
            except (OSError, CourseError, RuntimeError) as error:
                self._full = f"the result could not be written: {getattr(error, 'strerror', None) or error}"
                shutil.rmtree(self.folder / score.student, ignore_errors=True)
                score, galleries = _ungraded(score, self._full), ()
            except Exception as error:
                self._full = f"the result could not be written: {str(error).splitlines()[0]}"
                shutil.rmtree(self.folder / score.student, ignore_errors=True)
                score, galleries = _ungraded(score, self._full), ()
        link = f"{score.student}/feedback.html" if run is not None and not self._full else ""
        self._entries[score.student] = Entry(score, galleries, link, evidence(run))
        return score

    def close(self) -> None:
        """Write the class files from the room that was put aside."""
        self._reserve.unlink(missing_ok=True)
        scores = [entry.score for _, entry in sorted(self._entries.items())]
        entries: Sequence[Entry] = [entry for _, entry in sorted(self._entries.items())]
        if self._full:
            entries = [replace(entry, galleries=()) for entry in entries]
        try:
            write_results(scores, self.folder / "results.json")
            write_grades(scores, self.folder / "grades.csv")
            write_whole(self.folder / "index.html", class_page(self._view, entries).encode())
        except OSError as error:
            hint = "free some space, then grade again"
            raise CourseError(f"{self.folder}: cannot be written: {error.strerror}", hint=hint) from error

    def _write_student(self, score: Score, run: Run, galleries: Sequence[Gallery], keep: bool) -> None:
        folder = self.folder / score.student
        folder.mkdir(exist_ok=True)
        (folder / "result.json").unlink(missing_ok=True)
        if keep:
            save_run(run, folder / "observations")
        write_whole(folder / "feedback.html", feedback_html(score, self._view, galleries).encode())
        write_whole(folder / "feedback.md", feedback_md(score, self._view, galleries).encode())
        write_result(score, folder / "result.json")


def view_of(course: Course | None, assignment: Assignment, rubric: Rubric) -> AssignmentView:
    """What the pages say about the assignment."""
    tasks = tuple(
        TaskView(task.id, task.title, task.todo, task.stars if task.todo is not None else 0) for task in assignment.spec.tasks
    )
    visible = rubric.points("visible")
    title = course.term.title if course is not None else ""
    return AssignmentView(assignment.slug, assignment.spec.title, tasks, visible, rubric.points() - visible, title)


def _ungraded(score: Score, reason: str) -> Score:
    return replace(score, graded=False, reason=reason, checks=(), penalty=0)
