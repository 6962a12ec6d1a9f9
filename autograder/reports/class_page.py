"""The class at a glance, for instructors: `index.html`.

Takes scores, pictures and links; gives one page that needs no other file. Shows everything, hidden checks' messages included:
must never be handed to a student.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.reports.chart import Histogram, Share, histogram, shares
from autograder.reports.page import render
from autograder.reports.summary import Rate, Summary, distribution, rates, summary
from autograder.reports.tasks import TaskGroup, by_task
from autograder.reports.view import AssignmentView, Entry, Gallery, TaskView
from autograder.score import Score


@dataclass(frozen=True, slots=True)
class Student:
    """A line of the table."""

    score: Score
    link: str
    cells: tuple[TaskGroup | None, ...]
    """One per task of the table's head; None where nothing was judged."""
    sample: Gallery | None
    """The picture that stands for the submission."""
    evidence: tuple[str, ...] = ()
    """What its code did instead of answering."""


@dataclass(frozen=True, slots=True)
class TaskRates:
    """Pass rates of one task's checks."""

    task: TaskView
    rates: tuple[Rate, ...]

    def shares(self, rate: Rate) -> tuple[Share, ...]:
        """The parts of one check's bar."""
        return shares(rate.counts)


@dataclass(frozen=True, slots=True)
class ClassView:
    """All that the page shows."""

    summary: Summary
    histogram: Histogram
    tasks: tuple[TaskRates, ...]
    students: tuple[Student, ...]
    reference: Gallery | None
    """A picture with the reference's beside it, to hold the students' against."""

    @property
    def ungraded(self) -> tuple[Student, ...]:
        """Without a number."""
        return tuple(student for student in self.students if not student.score.graded)

    @property
    def attention(self) -> tuple[Student, ...]:
        """Somebody should look."""
        return tuple(student for student in self.students if student.score.attention or student.evidence)

    @property
    def samples(self) -> tuple[Student, ...]:
        """With a picture."""
        return tuple(student for student in self.students if student.sample)


def class_page(assignment: AssignmentView, entries: Sequence[Entry]) -> str:
    """The page of one assignment and a class, students sorted by name."""
    return render("class_page.html.j2", assignment=assignment, room=class_view(assignment, entries))


def class_view(assignment: AssignmentView, entries: Sequence[Entry]) -> ClassView:
    """The numbers and lines of the page."""
    ordered = sorted(entries, key=lambda entry: (entry.score.student.casefold(), entry.score.student))
    scores = [entry.score for entry in ordered]
    by_check = rates(scores)
    judged = by_task((result for score in scores for result in score.checks), assignment.tasks)
    heads = tuple(group.task for group in judged)
    totals = summary(scores)
    students = tuple(_student(entry, heads) for entry in ordered)
    return ClassView(
        summary=totals,
        histogram=histogram(distribution(scores, totals.max_score), totals.median),
        tasks=tuple(TaskRates(task, tuple(rate for rate in by_check if rate.line.task == task.id)) for task in heads),
        students=students,
        reference=next((s.sample for s in students if s.sample and s.sample.reference_png), None),
    )


def _student(entry: Entry, heads: Sequence[TaskView]) -> Student:
    groups = {group.task.id: group for group in by_task(entry.score.checks if entry.score.graded else (), heads)}
    return Student(
        entry.score, entry.link, tuple(groups.get(task.id) for task in heads), _sample(entry.galleries), entry.evidence
    )


def _sample(galleries: Sequence[Gallery]) -> Gallery | None:
    """What the model makes of noise says more than a reconstruction; otherwise the first picture."""
    return next((gallery for gallery in galleries if "sample" in gallery.name), galleries[0] if galleries else None)
