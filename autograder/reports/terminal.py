"""Tables for the terminal. Colour repeats what a mark already says.

Takes verdicts; gives Rich renderables. Every text goes in as text, never as Rich markup, and never at the start of a line:
there a CI runner would obey `::command::`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from autograder.outcome import CheckResult, Status
from autograder.reports.clean import clean, line
from autograder.reports.tasks import MARKS, by_task, duration
from autograder.reports.view import Moved, TaskView
from autograder.score import Score

STYLES = {Status.PASSED: "green", Status.FAILED: "bold red", Status.ERROR: "bold magenta", Status.SKIPPED: "dim"}
QUOTE = "    │ "


class Hanging:
    """Text behind a margin that stays also where the text is wrapped."""

    def __init__(self, text: Text, first: Text, rest: str) -> None:
        self.text, self.first, self.rest = text, first, rest

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lines of the text, the first behind `first`, the others behind `rest`."""
        room = max(10, options.max_width - len(self.rest))
        for i, row in enumerate(console.render_lines(self.text, options.update(width=room), pad=False)):
            yield from self.first.render(console) if i == 0 else (Segment(self.rest),)
            yield from row
            yield Segment.line()


def class_table(scores: Iterable[Score]) -> Table:
    """One line per submission: score, marks by task, and what somebody should look at."""
    ordered = sorted(scores, key=lambda score: (score.student.casefold(), score.student))
    late, notes = any(score.late_seconds for score in ordered), any(_notes(score) for score in ordered)
    table = Table(box=box.ROUNDED, caption=_key(), caption_justify="left")
    table.add_column("student", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("checks")
    for name in ("late",) * late + ("notes",) * notes:
        table.add_column(name, overflow="fold")
    for score in ordered:
        row: list[RenderableType] = [Text(line(score.student, 64)), _points(score), _marks(score)]
        row += [duration(score.late_seconds) if score.late_seconds else ""] * late
        row += [Text("\n".join(_notes(score)))] * notes
        table.add_row(*row)
    return table


def check_table(results: Sequence[CheckResult], tasks: Sequence[TaskView]) -> RenderableType:
    """TODO by TODO what holds; under each check that does not, what came and what to try."""
    return Group(*_task_blocks(results, tasks), _key())


def moved_table(rows: Sequence[Moved]) -> RenderableType:
    """Who moved, and why: what a rescore prints before anything is written."""
    if not rows:
        return Text("Nobody moved.")
    table = Table(box=box.ROUNDED)
    for name, right in (("student", False), ("before", True), ("after", True), ("check", False), ("reason", False)):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in sorted(rows, key=lambda row: (row.student.casefold(), row.student, row.check)):
        before, after = (Text("ungraded" if n is None else str(n)) for n in (row.before, row.after))
        table.add_row(Text(line(row.student, 64)), before, after, Text(line(row.check)), Text(line(row.reason)))
    return table


def _task_blocks(results: Sequence[CheckResult], tasks: Sequence[TaskView]) -> Iterator[RenderableType]:
    for group in by_task((result.for_student() for result in results), tasks):
        stars = f"  {'★' * group.task.stars}" if group.task.stars else ""
        head = Text(f"  {line(group.task.label)}{stars}", "bold")
        head.append(f"  {group.earned} of {group.possible}", "green" if not group.open else "yellow")
        yield head
        for result in group.checks:
            yield from _check_lines(result)
        yield Text("")


def _check_lines(result: CheckResult) -> Iterator[RenderableType]:
    title = Text(line(result.line.title))
    if result.line.visibility != "visible":
        title.append("  (hidden)", "dim")
    if result.status is not Status.PASSED:
        title.append(f"  {result.status}, {_earned(result)} points", "dim")
    yield Hanging(title, Text(f"  {MARKS[result.status]} ", STYLES[result.status], end=""), "    ")
    if result.status is Status.PASSED:
        return
    if result.message:
        yield _quoted(clean(result.message), "")
    if result.line.hint:
        yield _quoted(f"hint: {line(result.line.hint, 500)}", "italic")


def _earned(result: CheckResult) -> str:
    """`9 of 12`, or `12` when nothing is earned: what the check is worth."""
    return f"{result.points} of {result.line.points}" if result.points else str(result.line.points)


def _quoted(text: str, style: str) -> Hanging:
    return Hanging(Text(text, style), Text(QUOTE, end=""), QUOTE)


def _points(score: Score) -> Text:
    return Text("ungraded", "bold yellow") if score.score is None else Text(f"{score.score}/{score.max_score}")


def _marks(score: Score) -> Text:
    """`✓✓✗ ✓!`: one mark per check, a space between tasks."""
    marks, before = Text(), ""
    for result in score.checks if score.graded else ():
        if before and result.line.task != before:
            marks.append(" ")
        marks.append(MARKS[result.status], STYLES[result.status])
        before = result.line.task
    return marks


def _notes(score: Score) -> list[str]:
    reason = [] if score.graded else [f"not graded: {line(score.reason)}"]
    return [*reason, *(f"{MARKS[Status.ERROR]} {line(sentence)}" for sentence in score.attention)]


def _key() -> Text:
    return Text("  ".join(f"{mark} {status}" for status, mark in MARKS.items()), "dim")
