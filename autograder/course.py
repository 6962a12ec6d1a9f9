"""Course: `course.yaml` and the folders beside it. Takes a path inside the course, gives `Course`.

Must never write, and never fall back to a guess when a file is missing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import Field, field_validator

from autograder.errors import CourseError
from autograder.sandbox.degraded import Weakness
from autograder.yaml_edge import Strict, read_yaml

FILE = "course.yaml"


class LatePolicy(Strict):
    """What lateness costs, in whole points of 100, per started day after the grace; nothing unless the course says so."""

    points_per_day: int = Field(default=0, ge=0, le=100)
    grace_minutes: int = Field(default=0, ge=0)
    at_most: int = Field(default=100, ge=0, le=100)


class Entry(Strict):
    """One assignment of the term."""

    slug: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    due: datetime | None = None
    """ISO 8601 with a time zone, such as 2027-03-01T23:59:00+01:00; plain or quoted."""
    weight: int = Field(default=1, ge=0)

    @field_validator("due", mode="before")
    @classmethod
    def _has_zone(cls, value: object) -> object:
        wanted = "a time with its zone, such as 2027-03-01T23:59:00+01:00"
        try:
            time = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            raise ValueError(wanted) from None
        if isinstance(time, datetime) and time.tzinfo is None:
            raise ValueError(wanted)
        return time


class Chapter(Strict):
    """A chapter and its assignments, in teaching order."""

    id: str
    title: str
    assignments: list[Entry]


class Term(Strict):
    """The content of course.yaml."""

    title: str
    profile: str = Field(default="embedded", pattern="^(embedded|full)$")
    late: LatePolicy = LatePolicy()
    accept_degraded: list[Weakness] = []
    """Walls that are weaker in these properties may give grades of record too; see docs/wall.md."""
    chapters: list[Chapter]


@dataclass(frozen=True, slots=True)
class Course:
    """A course on disk."""

    root: Path
    term: Term

    @property
    def slugs(self) -> list[str]:
        """All assignments in teaching order."""
        return [entry.slug for chapter in self.term.chapters for entry in chapter.assignments]

    def entry(self, slug: str) -> Entry:
        """What the term says about one assignment."""
        for chapter in self.term.chapters:
            for entry in chapter.assignments:
                if entry.slug == slug:
                    return entry
        raise CourseError(
            f"{self.root / FILE}: no assignment `{slug}`: expected one of {', '.join(self.slugs) or 'none'}",
            hint=f"check the spelling, or add `- slug: {slug}` to a chapter",
        )

    def secret(self) -> bytes:
        """The key of every run's seed: made at first use, readable by its owner alone, never part of the repository."""
        path = self.root / ".autograder" / "secret"
        try:
            if not path.exists():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _create(path, secrets.token_bytes(32))
            key = path.read_bytes()
        except OSError as error:
            raise CourseError(
                f"{path}: the course's secret cannot be read or made: {error.strerror}",
                hint="grade from a folder that you may write",
            ) from error
        if len(key) < 32:
            raise CourseError(f"{path}: expected 32 bytes, got {len(key)}", hint="restore it from your backup")
        return key


def find_course(start: Path | None = None) -> Course:
    """The course that `start` (default: the current folder) lies in, or the checkout that holds this package."""
    here = (start or Path.cwd()).resolve()
    package = Path(__file__).resolve().parent.parent
    for folder in (here, *here.parents, package):
        if (folder / FILE).is_file():
            return Course(folder, read_yaml(folder / FILE, Term, CourseError))
    raise CourseError(f"{here}: no {FILE} here or above", hint="run this inside the course's folder, or name it with --course")


def _create(path: Path, content: bytes) -> None:
    """Write a new private file; leave it alone when another grader was first."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    try:
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        scratch.unlink()


def penalty(policy: LatePolicy, late_seconds: int, max_score: int) -> int:
    """Points that lateness costs: whole days begun after the grace, never more than `at_most` percent."""
    over = late_seconds - 60 * policy.grace_minutes
    if over <= 0:
        return 0
    percent = min(policy.at_most, policy.points_per_day * -(-over // 86400))
    return percent * max_score // 100


def ordered(course: Course, slugs: Sequence[str]) -> list[str]:
    """Slugs in teaching order; all of them when none is named. CourseError for an unknown one."""
    for slug in slugs:
        course.entry(slug)
    return [slug for slug in course.slugs if not slugs or slug in slugs]
