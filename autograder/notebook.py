"""Notebook twin: the handout's module in percent format -> the same work as a Jupyter notebook, for nbgrader and Jupyter alike.

Cells with a TODO are nbgrader solution cells, all other code is locked. The last cells train and check; they are not graded.
The same source gives the same bytes. Students' notebooks are never read here: `sandbox/notebook_source.py` does that, inside.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import jupytext

from autograder.errors import AssignmentError

STUB = 'raise NotImplementedError("TODO '
"""What `release` puts in place of a solution begins so."""
TRY = {"part": "try"}
"""Metadata `autograder` of the cells that train and check: the grader leaves them out."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ABOUT = """\
## Train and check

The cells below are for trying things out; they are not graded. Change them as you like.

Of code cells that you add yourself the grader takes imports, functions, classes and constants, and leaves out everything else.
Save the notebook before you check it."""
TRAIN = """\
import sys

sys.modules["{module}"] = sys.modules["__main__"]  # train.py shall use the functions above, not those of {module}.py
%run train.py"""
CHECK = "!autograder check ."

Cell = dict[str, Any]


def notebook_twin(stub_source: str, slug: str, *, module: str = "", train: bool = True) -> bytes:
    """The notebook of a stub module, as the bytes of its .ipynb. `module` defaults to the slug; `train`: there is a train.py."""
    parsed = jupytext.reads(stub_source, fmt="py:percent")["cells"]
    cells = [_cell(part["cell_type"], part["source"]) for part in parsed if part["source"].strip()]
    if not any(cell["metadata"].get("nbgrader", {}).get("solution") for cell in cells):
        raise AssignmentError(f"{slug}: no code cell holds a TODO", hint="make the notebook of a stub, not of a reference")
    cells += _try_cells(module or slug, train=train)
    for cell, name in zip(cells, _unique([_name(cell) for cell in cells]), strict=True):
        cell["id"] = name
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = name
        cell["source"] = cell["source"].splitlines(keepends=True)
    notebook = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _cell(kind: str, source: str) -> Cell:
    """One cell: nothing but its text and its part in grading."""
    if kind != "code":
        return {"cell_type": "markdown", "metadata": {}, "source": source}
    solution = STUB in source
    nbgrader = {"grade": False, "locked": not solution, "schema_version": 3, "solution": solution, "task": False}
    readonly = {} if solution else {"editable": False}  # as in nbgrader's own release version
    return _code(source, {"deletable": False, **readonly, "nbgrader": nbgrader})


def _code(source: str, metadata: dict[str, Any]) -> Cell:
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def _try_cells(module: str, *, train: bool) -> list[Cell]:
    """How to train, and how to check."""
    code = ([TRAIN.format(module=module)] if train else []) + [CHECK]
    about = {"cell_type": "markdown", "metadata": {"autograder": TRY}, "source": ABOUT}
    return [about, *(_code(source, {"autograder": TRY}) for source in code)]


def _name(cell: Cell) -> str:
    """A name that stays when other cells come and go: of the heading, of the TODO's function or class, of the first one."""
    source: str = cell["source"]
    if cell["metadata"].get("autograder") == TRY:
        words = "try-check" if source == CHECK else "try-train" if cell["cell_type"] == "code" else "try"
    elif cell["cell_type"] == "markdown":
        heading = re.search(r"^#+\s*(.+)", source, re.MULTILINE)
        words = f"text-{heading[1].lower()}" if heading else "text"
    else:
        words = next(_code_names(source), "code")
    return re.sub(r"[^A-Za-z0-9_]+", "-", words).strip("-")[:48] or "cell"


def _code_names(source: str) -> Iterator[str]:
    """Names for a code cell, best first."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise AssignmentError(f"a code cell of the notebook is not Python: line {error.lineno}: {error.msg}") from error
    defined = [node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    yield from (node.name for node in defined if STUB in (ast.get_source_segment(source, node) or ""))
    yield from (node.name for node in defined)
    if any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body):
        yield "imports"


def _unique(names: Sequence[str]) -> list[str]:
    """The names, later repetitions numbered."""
    given: list[str] = []
    for name in names:
        again = (f"{name}-{count}" for count in range(2, len(names) + 2))
        given.append(name if name not in given else next(other for other in again if other not in given))
    return given
