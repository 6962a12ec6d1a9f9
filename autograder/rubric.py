"""Rubric: the lines that an assignment's check files declare, read by importing them (outside; they are ours)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.checks import LEVELS, Line, line_of
from autograder.errors import AssignmentError
from autograder.modules import load_module, public_functions

FILES = {"checks_visible.py": "visible", "checks_hidden.py": "hidden"}
ALL_POINTS, MOST_QUALITY = 100, 25


@dataclass(frozen=True, slots=True)
class Rubric:
    """The lines, in the order of tasks and levels, and the files that hold them."""

    lines: tuple[Line, ...]
    files: tuple[Path, ...]

    def points(self, *visibilities: str) -> int:
        """Points of all lines, or of those with one of these visibilities."""
        return sum(line.points for line in self.lines if not visibilities or line.visibility in visibilities)


def load_rubric(assignment: Assignment, *, hidden: bool = True) -> Rubric:
    """The rubric; without hidden lines for a student's own check. AssignmentError when it is not well formed."""
    files = [assignment.folder / name for name in FILES if (hidden or FILES[name] == "visible")]
    present = tuple(path for path in files if path.is_file())
    lines: list[Line] = []
    for path in present:
        for name, function in public_functions(load_module(path)).items():
            if not name.startswith("check_"):
                raise AssignmentError(f"{path}: {name}: expected only functions called check_...", hint="prefix helpers with _")
            line = line_of(function, FILES[path.name])
            if line is None:
                raise AssignmentError(f"{path}: {name}: not decorated with @check(points=..., task=..., hint=...)")
            _well_formed(line, path, assignment)
            lines.append(line)
    for line in lines:
        if [other.id for other in lines].count(line.id) > 1:
            raise AssignmentError(f"{assignment.folder}: {line.id}: defined in both check files", hint="ids must be unique")
    if not lines:
        raise AssignmentError(f"{assignment.folder}: no checks", hint="see docs/authoring.md")
    order = [task.id for task in assignment.spec.tasks]
    lines.sort(key=lambda line: (order.index(line.task), LEVELS.index(line.level)))
    return Rubric(tuple(lines), present)


def complete_rubric(assignment: Assignment) -> Rubric:
    """The whole rubric of a course's assignment, which must add up."""
    rubric = load_rubric(assignment)
    quality = sum(line.points for line in rubric.lines if line.level == "quality")
    if rubric.points() != ALL_POINTS:
        raise AssignmentError(f"{assignment.folder}: points add up to {rubric.points()}, expected {ALL_POINTS}")
    if quality > MOST_QUALITY:
        raise AssignmentError(f"{assignment.folder}: {quality} points for quality, expected at most {MOST_QUALITY}")
    for task in assignment.spec.tasks:
        if not any(line.task == task.id for line in rubric.lines):
            raise AssignmentError(f"{assignment.folder}: task `{task.id}` has no check")
    return rubric


def calibrated(assignment: Assignment, rubric: Rubric, profile: str) -> dict[str, float]:
    """Thresholds of every statistical line; AssignmentError when this profile was never measured for one."""
    thresholds = assignment.thresholds(profile)
    for line in rubric.lines:
        if line.statistical and line.id not in thresholds:
            raise AssignmentError(
                f"{assignment.folder / 'calibration.json'}: no threshold for {line.id} in the profile `{profile}`",
                hint=f"measure it before grading on it: autograder calibrate {assignment.slug}",
            )
    return {**thresholds}


def _well_formed(line: Line, path: Path, assignment: Assignment) -> None:
    tasks = [task.id for task in assignment.spec.tasks]
    if line.task not in tasks:
        raise AssignmentError(f"{path}: {line.id}: task `{line.task}`: expected one of {', '.join(tasks)}")
    if not line.hint:
        raise AssignmentError(f"{path}: {line.id}: no hint", hint="say what a student can try when the check fails")
    if not [name for name in line.reads if name != "limit"]:
        raise AssignmentError(f"{path}: {line.id}: no parameters, so it judges nothing")
