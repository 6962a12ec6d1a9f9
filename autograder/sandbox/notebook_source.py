"""Notebook source: a student's .ipynb -> the source of a module. Runs inside the wall and imports only the standard library.

Taken whole: the handout's cells (nbgrader metadata). Taken in part: cells that the student added (imports, definitions,
constants), so that a stray training loop does not run on import. Left out: outputs, and cells that train, plot or check.
Every cell keeps its lines below a comment that names it. Must never raise anything but `NotebookError`.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 8 * 1024 * 1024
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEADER = re.compile(r"# (cell \d+(?: \(id [A-Za-z0-9_-]+\))?)")
MAGIC = re.compile(r"\s*(?:[%!?]|[\w.]+\?{1,2}\s*$)")
PYTHON_CELL = re.compile(r"%%(?:time|capture)\b")
"""Cell magics below which ordinary code of the notebook follows."""
GUARD = b'with __import__("contextlib").suppress(ImportError): '
"""Before the imports of added cells: a plotting library that is missing here must cost nothing but the plot."""
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
DISPLAYS = (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict)
LITERAL = (*DISPLAYS, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.expr_context)


class NotebookError(Exception):
    """The notebook cannot be used: one sentence for the student."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell that counts."""

    label: str
    """What a message calls it: `cell 7 (id reparameterize)`, counted from 1 over all cells."""
    text: str
    grade_id: str
    """nbgrader's name of a cell of the handout; empty for a cell that the student added."""


def module_source(notebook_bytes: bytes) -> str:
    """The notebook as the source of one Python module that compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in student code is no matter of ours
            return _compiled(_joined(_cells(_notebook(notebook_bytes))))
    except (RecursionError, MemoryError):
        raise NotebookError("the notebook is nested too deeply, or is too large, to be read") from None


def place(source: str, line: int) -> str:
    """Where a line of `module_source` stands in the notebook: `cell 7 (id reparameterize), line 3`."""
    for back, text in enumerate(reversed(source.split("\n")[:line])):
        if header := HEADER.fullmatch(text):
            return f"{header[1]}, line {back}"
    return "the notebook"


def _notebook(raw: bytes) -> dict[str, Any]:
    """The notebook's JSON object, of format 4."""
    if len(raw) > MAX_BYTES:
        raise NotebookError(f"the notebook is larger than {MAX_BYTES >> 20} MiB: clear its outputs and save it again")
    try:
        notebook = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise NotebookError("the notebook is not UTF-8 text: save it again in Jupyter") from None
    except ValueError:
        raise NotebookError("the notebook is not valid JSON: save it again in Jupyter, or undo what was edited by hand") from None
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if type(version) is not int:
        raise NotebookError("the file is not a Jupyter notebook: it does not say which format it has")
    if version != 4:
        found = f"format {version}" if 0 < version < 100 else "an unknown format"
        raise NotebookError(f"the notebook has {found}, expected format 4: open it in Jupyter and save it again")
    if not isinstance(notebook.get("cells"), list):
        raise NotebookError("the notebook has no list of cells: save it again in Jupyter")
    return dict(notebook)


def _cells(notebook: dict[str, Any]) -> list[Cell]:
    """The code cells that count. A cell of the handout that is there twice is refused: which one is the answer?"""
    found = [cell for number, raw in enumerate(notebook["cells"], 1) if (cell := _cell(number, raw)) is not None]
    if not found:
        raise NotebookError("the notebook has no code that could be graded")
    seen: dict[str, str] = {}
    for cell in found:
        if cell.grade_id in seen:
            both = f"{seen[cell.grade_id]} and {cell.label}"
            raise NotebookError(f"{both} are copies of one cell, `{cell.grade_id}`: delete the one that is not your answer")
        if cell.grade_id:
            seen[cell.grade_id] = cell.label
    return found


def _cell(number: int, raw: Any) -> Cell | None:
    """One entry of `cells`; None for text, and for cells that only try things out."""
    label = f"cell {number}"
    if not isinstance(raw, dict) or not isinstance(raw.get("cell_type"), str):
        raise NotebookError(f"{label} is not a cell: save the notebook again in Jupyter")
    if raw["cell_type"] != "code":
        return None
    name = raw.get("id")
    label += f" (id {name})" if isinstance(name, str) and CELL_ID.fullmatch(name) else ""
    metadata = _section(label, raw, "metadata")
    if _section(label, metadata, "autograder").get("part") == "try":
        return None
    return Cell(label, _text(label, raw.get("source", "")), _grade_id(label, _section(label, metadata, "nbgrader")))


def _section(label: str, parent: dict[str, Any], key: str) -> dict[str, Any]:
    section = parent.get(key, {})
    if not isinstance(section, dict):
        raise NotebookError(f"{label}: its metadata is damaged: paste its code into a fresh copy of the handout")
    return section


def _text(label: str, source: Any) -> str:
    """The source with plain line ends: `ast` counts lines by them alone."""
    parts = [source] if isinstance(source, str) else source
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise NotebookError(f"{label}: its source is not text: save the notebook again in Jupyter")
    text = "".join(parts).replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise NotebookError(f"{label}: it holds a character that is not text: type the line again")
    return text


def _grade_id(label: str, nbgrader: dict[str, Any]) -> str:
    if nbgrader.get("solution") is not True and nbgrader.get("locked") is not True:
        return ""
    name = nbgrader.get("grade_id")
    if not isinstance(name, str) or not CELL_ID.fullmatch(name):
        raise NotebookError(f"{label}: its metadata is damaged: paste its code into a fresh copy of the handout")
    return name


def _joined(cells: list[Cell]) -> str:
    """All cells, one below the other, each below its name."""
    parts, constants, annotations = [], set[str](), False
    for cell in cells:
        text, tree = _parsed(cell)
        drop: list[ast.stmt] = []
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                annotations |= any(alias.name == "annotations" for alias in node.names)
                drop.append(node)
            elif cell.grade_id or isinstance(node, DEFINITIONS + IMPORTS) or _is_constant(node, constants):
                constants.update(_assigned(node))
            else:
                drop.append(node)
        guard = [] if cell.grade_id else [node for node in tree.body if isinstance(node, IMPORTS)]
        parts.append(f"# {cell.label}\n{_edited(text, tree.body, drop, guard)}\n")
    first = "from __future__ import annotations\n\n" if annotations else ""  # holds only at the top of a module
    return first + "\n".join(parts)


def _parsed(cell: Cell) -> tuple[str, ast.Module]:
    """The cell as Python, line for line, and its tree.

    Magics are looked for only where plain Python does not parse: in an expression or a long string a line may start with %.
    """
    try:
        return cell.text, ast.parse(cell.text)
    except SyntaxError:
        text = _without_magics(cell.text)
    try:
        return text, ast.parse(text)
    except SyntaxError as error:
        raise NotebookError(f"{cell.label}, line {error.lineno or 1}: {_sentence(error)}") from None


def _without_magics(text: str) -> str:
    """Lines that start with % or ! become comments; with %% at the start, the whole cell."""
    lines = text.split("\n")
    opening = next((line for line in lines if line.strip()), "")
    if opening.startswith("%%") and not PYTHON_CELL.match(opening):
        return "\n".join(f"# {line}" for line in lines)
    continued = False
    for i, line in enumerate(lines):
        magic = bool(MAGIC.match(line))
        bare = line.lstrip()
        if continued or magic:
            lines[i] = f"# {bare}" if continued else f"{line[: len(line) - len(bare)]}pass  # {bare}"
        continued = (continued or magic) and line.endswith("\\")
    return "\n".join(lines)


def _is_constant(node: ast.stmt, constants: set[str]) -> bool:
    """Whether this only gives names to literals and to sums and the like of earlier constants."""
    names = _assigned(node)
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if not names or value is None or (isinstance(node, ast.AnnAssign) and not isinstance(node.annotation, ast.Name)):
        return False
    return all(isinstance(part, LITERAL) or (isinstance(part, ast.Name) and part.id in constants) for part in ast.walk(value))


def _assigned(node: ast.stmt) -> list[str]:
    """The names that an assignment gives a value to; none if it has any other target."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    names = [part.id for part in flat if isinstance(part, ast.Name)]
    return names if len(names) == len(flat) else []


def _edited(text: str, body: Sequence[ast.stmt], drop: list[ast.stmt], guard: Sequence[ast.stmt]) -> str:
    """The text with `drop` replaced by `pass` and `guard` guarded, all other lines where they were."""
    if not drop and not guard:
        return text
    lines = text.encode().split(b"\n")  # `ast` counts columns in bytes
    dropped, guarded = set(map(id, drop)), set(map(id, guard))
    for node in reversed(body):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = lines[first][: node.col_offset]
        if id(node) in dropped:
            joined = before + b"pass" + lines[last][node.end_col_offset :]
            lines[first : last + 1] = [joined, *[b""] * (last - first)]
        elif id(node) in guarded and not before.strip():
            lines[first] = GUARD + lines[first]
    return b"\n".join(lines).decode()


def _compiled(source: str) -> str:
    """The source, once it is known to compile: `return` outside a function, say, is found only now."""
    try:
        compile(source, "notebook", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise NotebookError(f"{place(source, error.lineno or 0)}: {_sentence(error)}") from None
    return source


def _sentence(error: SyntaxError) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(error.msg))[:200]
