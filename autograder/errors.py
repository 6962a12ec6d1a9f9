"""Every error that a person may read.

    AutograderError             exit code 2 unless said otherwise
    |-- CourseError             course.yaml, the course folder, the command line
    |-- AssignmentError         an assignment or its twin is not well formed
    |-- SubmissionError         a submission cannot be read; becomes part of the student's result, never a stop
    |-- DataError               a data set or checkpoint of ours is missing
    |-- MetricError             a metric was asked for something that has no value
    `-- SandboxUnavailable      the wall cannot be built or proven here; submissions stay ungraded (exit code 3)

A message says where, what was expected and what came; the hint says what to do.
"""

from __future__ import annotations


class AutograderError(Exception):
    """`where: what is wrong`, and a hint on a line of its own."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n\nhint: {self.hint}" if self.hint else self.message


class CourseError(AutograderError):
    """The course folder, `course.yaml` or the command line is not usable."""


class AssignmentError(AutograderError):
    """An assignment, or its twin in `reference_solutions`, is not well formed."""


class SubmissionError(AutograderError):
    """A submission cannot be read. Becomes a sentence in the student's result."""


class DataError(AutograderError):
    """A data set or a checkpoint that the course needs is not there."""


class MetricError(AutograderError):
    """A metric has no value for this; checks look at images and features first, so a student never meets it."""


class SandboxUnavailable(AutograderError):
    """The wall cannot be built, or is not proven, on this machine."""
