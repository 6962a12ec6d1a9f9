"""Syllabus: the course as a page for students, `docs/course.md`, from course.yaml and the assignments (`make course`).

Takes a course; gives Markdown. Runs none of an assignment's code, and shows of hidden checks only what their points add up to.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.assignment import Assignment, Task, load_assignment
from autograder.course import Chapter, Course, find_course
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.rubric import Rubric, complete_rubric

PAGE = Path("docs/course.md")
TEMPLATES = Path(__file__).parent / "reports" / "templates"


@dataclass(frozen=True, slots=True)
class Session:
    """One practice session, as the page shows it."""

    assignment: Assignment
    rubric: Rubric

    @property
    def todos(self) -> list[Task]:
        """What is to be written, in order."""
        return [task for task in self.assignment.spec.tasks if task.todo is not None]

    @property
    def pictures(self) -> list[str]:
        """What a right answer's pictures look like, as paths from the page's folder."""
        found = sorted((self.assignment.folder / "handout" / "pictures").glob("*.png"))
        return [f"../assignments/{self.assignment.slug}/handout/pictures/{path.name}" for path in found]

    def points(self, task: Task) -> int:
        """Points of a task's checks, hidden ones included."""
        return sum(line.points for line in self.rubric.lines if line.task == task.id)


def syllabus(course: Course) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,  # noqa: S701  Markdown, from files of the course's authors
    )  # fmt: skip
    chapters = [(chapter, _sessions(course, chapter)) for chapter in course.term.chapters]
    minutes = sum(session.assignment.spec.minutes for _, sessions in chapters for session in sessions)
    return environment.get_template("course.md.j2").render(term=course.term, chapters=chapters, hours=round(minutes / 60))


def _sessions(course: Course, chapter: Chapter) -> list[Session]:
    assignments = [load_assignment(course, entry.slug) for entry in chapter.assignments]
    return [Session(assignment, complete_rubric(assignment)) for assignment in assignments]


def main() -> None:
    """Write the page of the course around the current folder; errors of ours are messages, never tracebacks."""
    try:
        course = find_course(Path.cwd())
        write_whole(course.root / PAGE, syllabus(course).encode())
    except AutograderError as error:
        sys.exit(f"error: {error.message}\n\nhint: {error.hint}")
    print(f"written: {PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
