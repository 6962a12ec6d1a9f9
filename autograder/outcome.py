"""The words of a verdict, shared by the judge, the score and every report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from autograder.checks import Line


class Status(str, Enum):
    """What became of one check. All stay in the denominator; all but `passed`, and `failed` with a share, earn 0."""

    PASSED = "passed"
    FAILED = "failed"
    """The answer is wrong."""
    ERROR = "error"
    """The student's code raised, or ran out of time or memory."""
    SKIPPED = "skipped"
    """Not judged, for the reason in the message."""

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The verdict on one rubric line."""

    line: Line
    status: Status
    message: str = ""
    """Expected, got and likely cause; for the instructor, and for the student where the line is visible."""
    seconds: float = 0.0
    """What the observations that the check reads took, plus the judging."""
    value: float | None = None
    """The statistic of a statistical check."""
    share: Fraction = Fraction(0)
    """What a failed statistical check earns of its points; no other outcome has a share."""

    @property
    def points(self) -> int:
        """Points earned, rounded down."""
        if self.status is Status.FAILED:
            return int(self.line.points * self.share)
        return self.line.points if self.status is Status.PASSED else 0

    def as_json(self) -> dict[str, object]:
        """The object of `results.json`."""
        return {
            "id": self.line.id, "title": self.line.title, "task": self.line.task, "level": self.line.level,
            "status": str(self.status), "points": self.points, "max_points": self.line.points,
            "visibility": self.line.visibility, "message": self.message, "hint": self.line.hint,
            "seconds": round(self.seconds, 3), "value": self.value,
        }  # fmt: skip

    def for_student(self) -> CheckResult:
        """What the student may read: of a line that is not visible only title, outcome and hint, in a fixed vocabulary.

        A hidden line's message could carry hidden inputs, and text that the student's code chose; so could its time, since code
        may sleep as long as an input says.
        """
        return self if self.line.visibility == "visible" else replace(self, message="", value=None, seconds=0.0)
