"""Results by task, in the order of the statement: the shape that every report shows.

Also the marks and words of an outcome, so that a page, a terminal and a Markdown file say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.checks import LEVELS
from autograder.outcome import CheckResult, Status
from autograder.reports.view import TaskView

MARKS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.ERROR: "!", Status.SKIPPED: "-"}
"""Readable without colour."""
MEANINGS = {
    Status.PASSED: "passed",
    Status.FAILED: "failed: the answer is wrong",
    Status.ERROR: "error: the code raised, or ran out of time or memory",
    Status.SKIPPED: "skipped: not judged",
}


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A task and what became of its checks."""

    task: TaskView
    checks: tuple[CheckResult, ...]
    """Cheap causes before expensive symptoms, as in `LEVELS`."""

    @property
    def earned(self) -> int:
        """Points earned."""
        return sum(result.points for result in self.checks)

    @property
    def possible(self) -> int:
        """Points of all checks of the task."""
        return sum(result.line.points for result in self.checks)

    @property
    def open(self) -> tuple[CheckResult, ...]:
        """The checks that do not hold."""
        return tuple(result for result in self.checks if result.status is not Status.PASSED)


def by_task(results: Iterable[CheckResult], tasks: Sequence[TaskView]) -> tuple[TaskGroup, ...]:
    """One group per task that has checks; a check of a task that nobody declared is still shown, at the end."""
    found = sorted(results, key=lambda result: LEVELS.index(result.line.level))
    declared = {task.id for task in tasks}
    strays = dict.fromkeys(result.line.task for result in found if result.line.task not in declared)
    every = (*tasks, *(TaskView(name, name, None) for name in strays))
    groups = (TaskGroup(task, tuple(r for r in found if r.line.task == task.id)) for task in every)
    return tuple(group for group in groups if group.checks)


def tally(results: Iterable[CheckResult]) -> dict[Status, int]:
    """How many checks came out how; every outcome is a key."""
    counts = dict.fromkeys(Status, 0)
    for result in results:
        counts[result.status] += 1
    return counts


def duration(seconds: int) -> str:
    """`2 d 3 h`, `3 h 20 min`, `4 min`: what a person says."""
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, name in units:
        if seconds >= size:
            parts.append(f"{seconds // size} {name}")
            seconds %= size
    return " ".join(parts[:2]) or "0 s"
