"""Gallery: a run's pictures, drawn outside by the assignment's pictures.py, beside the reference's of the same name.

Must never cost a grade: a picture that cannot be drawn from what came back is left out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from autograder.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.modules import load_module, public_functions
from autograder.observe import Run
from autograder.pictures import Picture
from autograder.plugin import copied
from autograder.reports.view import Gallery
from autograder.returns import mismatch


def picture_functions(assignment: Assignment) -> Mapping[str, Callable[..., Any]]:
    """The functions of pictures.py; none when there is no such file."""
    path = assignment.folder / "pictures.py"
    if not path.is_file():
        return {}
    functions = public_functions(load_module(path))
    for name, function in functions.items():
        if not inspect.getdoc(function):
            raise AssignmentError(f"{path}: {name}: no docstring", hint="its first line is the picture's caption")
    return functions


def picture_reads(assignment: Assignment) -> dict[str, tuple[str, ...]]:
    """Picture name -> the inputs and observations that it takes."""
    return {name: tuple(inspect.signature(f).parameters) for name, f in picture_functions(assignment).items()}


def draw_gallery(run: Run, assignment: Assignment) -> tuple[Gallery, ...]:
    """Every picture that this run's values allow."""
    found = []
    for name, function in picture_functions(assignment).items():
        picture = draw_one(function, run, assignment)
        if picture is not None:
            caption = (inspect.getdoc(function) or name).partition("\n")[0]
            found.append(Gallery(name, caption, picture.png(), _reference(assignment, name)))
    return tuple(found)


def draw_one(function: Callable[..., Any], run: Run, assignment: Assignment) -> Picture | None:
    """One picture, or None when a value is missing or too odd to draw."""
    arguments: dict[str, Any] = {}
    for name in inspect.signature(function).parameters:
        if name in run.inputs:
            arguments[name] = copied(run.inputs[name])
            continue
        answer = run.answers.get(name)
        if answer is None or answer.fault or mismatch(answer.value, assignment.observations[name].returns):
            return None
        arguments[name] = copied(answer.value)
    try:
        drawn = function(**arguments)
    except Exception:  # odd shapes from a wrong model; the checks say what is wrong with them
        return None
    return drawn if isinstance(drawn, Picture) else None


def _reference(assignment: Assignment, name: str) -> bytes | None:
    path = assignment.folder / "handout" / "pictures" / f"{name}.png"
    if not path.is_file():
        path = assignment.folder / "pictures" / f"{name}.png"  # inside a handout
    return path.read_bytes() if path.is_file() else None
