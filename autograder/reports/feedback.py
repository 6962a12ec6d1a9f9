"""Feedback to one student: what holds, what does not, and what to try next.

Takes a score and pictures; gives a page or Markdown. Of a check that is not visible only title, outcome and hint are ever
known here. An ungraded submission gets the reason and no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.outcome import CheckResult, Status
from autograder.reports.chart import Segment, segments
from autograder.reports.finding import Finding, finding
from autograder.reports.markdown import code, inert, prose
from autograder.reports.page import render
from autograder.reports.tasks import MARKS, MEANINGS, TaskGroup, by_task, duration, tally
from autograder.reports.view import AssignmentView, Gallery
from autograder.score import Score


@dataclass(frozen=True, slots=True)
class Feedback:
    """All that the student may know; the templates get nothing else."""

    student: str
    graded: bool
    reason: str
    problems: tuple[str, ...]
    """What could not be read in what was handed in."""
    score: int | None
    raw_score: int | None
    max_score: int
    late_seconds: int
    penalty: int
    digest: str
    groups: tuple[TaskGroup, ...]
    """Results as the student may read them."""

    @property
    def counts(self) -> dict[Status, int]:
        """How many checks came out how."""
        return tally(result for group in self.groups for result in group.checks)

    @property
    def next(self) -> tuple[TaskGroup, CheckResult] | None:
        """Where to go on: the first check that does not hold, cheap causes first."""
        return next(((group, group.open[0]) for group in self.groups if group.open), None)

    @property
    def meter(self) -> tuple[Segment, ...]:
        """The bar below the score."""
        return segments(self.groups)

    def finding(self, result: CheckResult) -> Finding | None:
        """The message of a visible check, in its parts."""
        return finding(result)


def feedback(score: Score, assignment: AssignmentView) -> Feedback:
    """What the student may know of a score."""
    results = [result.for_student() for result in score.checks] if score.graded else []
    return Feedback(
        student=score.student, graded=score.graded, reason=score.reason, problems=score.attention,
        score=score.score, raw_score=score.raw_score, max_score=score.max_score, late_seconds=score.late_seconds,
        penalty=score.penalty, digest=score.digest, groups=by_task(results, assignment.tasks),
    )  # fmt: skip


def feedback_html(score: Score, assignment: AssignmentView, galleries: Sequence[Gallery] = ()) -> str:
    """A page for screen, phone and paper that needs no other file."""
    shown = feedback(score, assignment)
    return render("feedback.html.j2", me=shown, assignment=assignment, galleries=galleries if score.graded else ())


def feedback_md(score: Score, assignment: AssignmentView, galleries: Sequence[Gallery] = ()) -> str:
    """The same in Markdown, for repositories and workflow summaries; pictures are named, not shown."""
    me = feedback(score, assignment)
    lines = [f"# {inert(assignment.title)}", "", f"Feedback for **{inert(me.student)}**", ""]
    lines += [*_headline(me), *_problems(me)]
    if me.graded:
        lines += [*_overview(me), *(row for group in me.groups for row in _open_checks(group)), *_pictures(galleries)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _headline(me: Feedback) -> list[str]:
    if not me.graded:
        calm = "Your work is not lost. It will be graded as soon as this is mended; you need not hand in again."
        return [f"## Not graded yet: {inert(me.reason)}", "", calm, ""]
    lines = [f"## Score: {me.score} of {me.max_score}", ""]
    if me.late_seconds:
        lines += [f"Handed in {duration(me.late_seconds)} late: {me.penalty} of {me.raw_score} points taken off.", ""]
    if me.next:
        group, result = me.next
        lines += [f"Go on with **{inert(group.task.label)}**: {prose(result.line.title)}", ""]
    return lines


def _problems(me: Feedback) -> list[str]:
    rows = [f"- {inert(problem)}" for problem in me.problems]
    return ["## What we could not read", "", *rows, ""] if rows else []


def _overview(me: Feedback) -> list[str]:
    rows = [f"| {inert(g.task.label)} | {_marks(g)} | {g.earned} of {g.possible} |" for g in me.groups]
    key = ", ".join(f"{MARKS[status]} {meaning}" for status, meaning in MEANINGS.items())
    return ["| Task | Checks | Points |", "|---|---|---:|", *rows, "", key, ""]


def _marks(group: TaskGroup) -> str:
    return " ".join(MARKS[result.status] for result in group.checks)


def _open_checks(group: TaskGroup) -> list[str]:
    lines = [f"## {inert(group.task.label)}", ""] if group.open else []
    for result in group.open:
        check = result.line
        hidden = "" if check.visibility == "visible" else " (hidden check)"
        outcome = f"{result.status}, {result.points} of {check.points}"
        lines += [f"- {MARKS[result.status]} **{prose(check.title)}**{hidden}: {outcome}", ""]
        lines += [*code(result.message, indent="  "), ""] if result.message else []
        lines += [f"  Hint: {prose(check.hint)}", ""] if check.hint else []
    return lines


def _pictures(galleries: Sequence[Gallery]) -> list[str]:
    rows = [f"- {prose(gallery.caption)}" for gallery in galleries]
    return ["## Pictures", "", "In feedback.html, yours beside the reference's:", "", *rows, ""] if rows else []
