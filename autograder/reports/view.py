"""What the pages and tables take besides a `Score`: names, pictures and links, and nothing that a page should not show."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.score import Score


@dataclass(frozen=True, slots=True)
class Gallery:
    """A picture of what the student's model makes."""

    name: str
    """The picture function's name."""
    caption: str
    png: bytes
    """Drawn by us, see `autograder.pictures`."""
    reference_png: bytes | None
    """The same picture of the reference; None where there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task of `assignment.yaml`."""

    id: str
    title: str
    todo: int | None
    """Number of the TODO in statement and stub; None for a task without one."""
    stars: int = 0
    """Difficulty; 0: not said."""

    @property
    def label(self) -> str:
        """`TODO 3 · Reparameterisation`."""
        return f"TODO {self.todo} · {self.title}" if self.todo is not None else self.title


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """What a page says about the assignment."""

    slug: str
    title: str
    tasks: tuple[TaskView, ...]
    visible_points: int
    """Points of the checks that students can run themselves."""
    hidden_points: int
    """Points of all others."""
    course: str = ""
    """The course's title; empty: not said."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One student on the class page."""

    score: Score
    galleries: tuple[Gallery, ...] = ()
    link: str = ""
    """Relative path of the student's feedback.html; empty: no link."""
    evidence: tuple[str, ...] = ()
    """What its code did instead of answering; see evidence.py."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of a rescore: a check whose verdict is not what it was."""

    student: str
    before: int | None
    """Score before; None: was ungraded."""
    after: int | None
    """Score after; None: is ungraded now."""
    check: str
    """Id of the check that moved; empty when the score moved without one (lateness, an override)."""
    reason: str
