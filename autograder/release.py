"""Release: an assignment and its reference -> the handout, exactly what students get.

The module is the reference with every solution region replaced by a stub; all other code is copied whole, never cut. Must never
let a line of a solution or the source of a hidden check through, and never leave a half-written handout.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
import shutil
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import Task
from autograder.checks import Line
from autograder.errors import AssignmentError
from autograder.notebook import STUB, notebook_twin

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
MARKER = re.compile(r"\b(BEGIN|END)\s+(YOUR\s+)?SOLUTION\b", re.IGNORECASE)
TODO = re.compile(r"\s*#\s*TODO (\d+):")
TRIVIAL = re.compile(
    r"(?:with |return )?[\w.]+(?:\(\))?[,:]?|[\w.]+ = [\w.]*[(\[{]|if \w+ is (?:not )?None:|for \w+(?:, \w+)* in \w+:"
)
"""Lines that give nothing away: `optimizer.step()`, `with torch.no_grad():`, `self.layers = nn.Sequential(`."""
PLUMBING = re.compile(r"(?:[\w, ]+ = |return )?(?:\w+\.)*(\w+)\((?:[A-Za-z_]\w*(?:, [A-Za-z_]\w*)*)?\)")
"""A call with plain names gives nothing away if the handout has what it calls, as in `z = reparameterize(mu, logvar)`."""
NAMES = re.compile(r"\b(?:def|class) (\w+)|\bself\.(\w+) = ")
SHORTEST_LEAK = 12
NEEDED = ("assignment.yaml", "inputs.py", "driver.py", "checks_visible.py")
IF_THERE = ("train.py", "pictures.py")
FORMER = ("rubric.json", "assignment.yaml")
"""A folder that holds these is a former handout and may be replaced."""


@dataclass(frozen=True, slots=True)
class ReleaseInput:
    """Everything that a handout is made of."""

    slug: str
    title: str
    module: str
    """The module to hand in, without `.py`."""
    tasks: Sequence[Task]
    assignment_folder: Path
    reference_file: Path
    lines: Sequence[Line]
    """The whole rubric: visible and hidden."""
    weights: str | None = None
    """Name of the checkpoint to hand in."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Function name of pictures.py -> PNG of the reference."""
    extra: Mapping[str, bytes] = field(default_factory=dict)
    """Path in the handout -> content of any other file, such as a workflow."""


@dataclass(frozen=True, slots=True)
class Region:
    """One solution region of a reference. Lines count from 0; `begin` and `end` are the markers' own."""

    todo: int
    name: str
    """The function that it is part of: `reparameterize`, `Encoder.forward`."""
    begin: int
    end: int


def release(assignment: ReleaseInput, out: Path) -> list[Path]:
    """Write the handout to `out`: a new or empty folder, or a former handout, which is replaced as a whole or not at all."""
    out = out.resolve()
    _refuse_foreign(out)
    files = handout_files(assignment)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        new = scratch / "new"
        for name, content in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content)
        _refuse_leaks(assignment, new)
        _swap(new, out, scratch / "old")
    except OSError as error:
        raise AssignmentError(f"{out}: cannot be written: {error.strerror}", hint="nothing was changed there") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sorted(out / name for name in files)


def handout_files(assignment: ReleaseInput) -> dict[str, bytes]:
    """Path in the handout -> content. The same assignment gives the same bytes."""
    folder = assignment.assignment_folder
    source = _text(assignment.reference_file)
    stub = stub_source(source, str(assignment.reference_file))
    _check_tasks(assignment, solution_regions(source, str(assignment.reference_file)))
    files = {name: _read(folder / name) for name in NEEDED}
    files |= {name: _read(folder / name) for name in IF_THERE if (folder / name).exists()}
    module, train = assignment.module, "train.py" in files
    files[f"{module}.py"] = stub.encode()
    files[f"{module}.ipynb"] = notebook_twin(stub, assignment.slug, module=module, train=train)
    stubs = {name: hashlib.sha256(files[name]).hexdigest() for name in (f"{module}.py", f"{module}.ipynb")}
    files["README.md"] = _readme(assignment, _text(folder / "statement.md"), train=train).encode()
    files["rubric.json"] = _json({**rubric(assignment), "untouched": stubs})
    files |= _thresholds(assignment)
    files |= {f"pictures/{name}.png": content for name, content in assignment.pictures.items()}
    return {**assignment.extra, **files}


def stub_source(source: str, where: str = "reference") -> str:
    """The module that students get: `raise NotImplementedError("TODO n: name")` in place of each region."""
    lines = source.split("\n")
    regions = solution_regions(source, where)
    for region in reversed(regions):
        indent = lines[region.begin][: -len(lines[region.begin].lstrip())]
        lines[region.begin : region.end + 1] = [f'{indent}{STUB}{region.todo}: {region.name}")']
    stub = "\n".join(lines)
    try:
        raised = {node.lineno for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.Raise)}
    except SyntaxError as error:
        raise AssignmentError(f"{where}: not valid Python once its solutions are cut: {error.msg}") from error
    cut = 0
    for region in regions:
        if region.begin + 1 - cut not in raised:
            raise AssignmentError(f"{where}:{region.begin + 1}: a stub here would not raise", hint="is the region in a string?")
        cut += region.end - region.begin
    return stub


def solution_regions(source: str, where: str = "reference") -> list[Region]:
    """The regions in order. AssignmentError for a marker that is misspelt, nested or alone, or has no TODO above."""
    lines = source.split("\n")
    markers = [(i, line.strip()) for i, line in enumerate(lines) if MARKER.search(line)]
    for i, marker in markers:
        if marker not in (BEGIN, END):
            raise AssignmentError(f"{where}:{i + 1}: expected `{BEGIN}` or `{END}` on a line of its own, got `{marker[:60]}`")
    for position, (i, marker) in enumerate(markers):
        if marker != (BEGIN, END)[position % 2]:
            problem = "inside another solution region" if marker == BEGIN else f"without `{BEGIN}`"
            raise AssignmentError(f"{where}:{i + 1}: `{marker}` {problem}")
    if len(markers) % 2:
        raise AssignmentError(f"{where}:{markers[-1][0] + 1}: `{BEGIN}` without `{END}`")
    if not markers:
        raise AssignmentError(f"{where}: no solution region: the handout would hold every answer", hint="see docs/authoring.md")
    spans = _functions(source, where)
    pairs = zip(markers[::2], markers[1::2], strict=True)
    return [_region(lines, spans, begin, end, where) for (begin, _), (end, _) in pairs]


def leaks(reference_source: str, handout_folder: Path) -> list[str]:
    """One sentence for each line of a solution that stands in a file of the handout, and for each marker.

    Lines that say nothing do not count, nor do lines given on purpose: outside the regions, or in the hint of a visible check.
    """
    secrets = dict(_telling_lines(reference_source, _hints(handout_folder / "checks_visible.py")))
    found = []
    for path in sorted(path for path in handout_folder.rglob("*") if path.is_file()):
        name, text = path.relative_to(handout_folder), _plain_text(path)
        found += [f"{name}: holds the marker `{marker}`" for marker in (BEGIN, END) if marker in text]
        found += [f"{name}: holds line {number} of the solution: `{line}`" for line, number in secrets.items() if line in text]
    return found


def rubric(assignment: ReleaseInput) -> dict[str, Any]:
    """What students may know of the points: visible and hidden ones of each task, and no hidden check's name."""
    tasks = []
    for task in assignment.tasks:
        own = [line for line in assignment.lines if line.task == task.id]
        tasks.append({
            "id": task.id, "todo": task.todo, "title": task.title, "stars": task.stars,
            "visible": _count([line for line in own if line.visibility == "visible"]),
            "hidden": _count([line for line in own if line.visibility != "visible"]),
        })  # fmt: skip
    total = {
        "points": sum(line.points for line in assignment.lines),
        "visible": _count([line for line in assignment.lines if line.visibility == "visible"]),
        "hidden": _count([line for line in assignment.lines if line.visibility != "visible"]),
    }
    return {"slug": assignment.slug, "title": assignment.title, "tasks": tasks, "total": total}


def _count(lines: Sequence[Line]) -> dict[str, int]:
    return {"checks": len(lines), "points": sum(line.points for line in lines)}


def _functions(source: str, where: str) -> list[tuple[int, int, str, bool]]:
    """First line, last line (from 0), qualified name and whether it is a function, of each definition, outer ones first."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AssignmentError(f"{where}:{error.lineno}: not valid Python: {error.msg}") from error
    found: list[tuple[int, int, str, bool]] = []

    def visit(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = outer
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{outer}.{child.name}" if outer else child.name
                last = (child.end_lineno or child.lineno) - 1
                found.append((child.lineno - 1, last, name, not isinstance(child, ast.ClassDef)))
            visit(child, name)

    visit(tree, "")
    return found


def _region(lines: list[str], spans: list[tuple[int, int, str, bool]], begin: int, end: int, where: str) -> Region:
    """The region between two markers, with the TODO of the comment above and the innermost function around."""
    above = begin - 1
    while above >= 0 and lines[above].lstrip().startswith("#") and not TODO.match(lines[above]):
        above -= 1
    todo = TODO.match(lines[above]) if above >= 0 else None
    if not todo:
        raise AssignmentError(f"{where}:{begin + 1}: no comment `# TODO n: ...` directly above the solution region")
    around = [span for span in spans if span[0] < begin <= span[1]]
    if not around or not around[-1][3]:
        raise AssignmentError(
            f"{where}:{begin + 1}: the solution region is not inside a function", hint="a stub there would raise on import"
        )
    for i in range(max(begin, around[-1][1]) + 1, end):
        if lines[i].strip() and not lines[i].lstrip().startswith("#"):
            raise AssignmentError(f"{where}:{i + 1}: the solution region goes on after the end of {around[-1][2]}")
    return Region(int(todo[1]), around[-1][2], begin, end)


def _telling_lines(source: str, told: str) -> Iterator[tuple[str, int]]:
    """Lines of the solutions, without comments beside code, that say something and are not given elsewhere; from line 1."""
    lines = source.split("\n")
    regions = solution_regions(source)
    hidden = {i for region in regions for i in range(region.begin, region.end + 1)}
    given = "\n".join([line for i, line in enumerate(lines) if i not in hidden] + [told])
    names = {name for pair in NAMES.findall(given) for name in pair}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0] - 1: token.start[1] for token in tokens if token.type == tokenize.COMMENT}
    for i in (i for region in regions for i in range(region.begin + 1, region.end)):
        line = lines[i][: comments.get(i)].strip() or lines[i].strip()
        call = PLUMBING.fullmatch(line)
        trivial = TRIVIAL.fullmatch(line) or (call and call[1] in names)
        if len(line) >= SHORTEST_LEAK and not trivial and line not in given:
            yield line, i + 1


def _hints(path: Path) -> str:
    """What the checks in this file tell students on purpose."""
    try:
        calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
    except (OSError, SyntaxError, ValueError):
        return ""
    hints = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "hint"]
    return "\n".join(str(hint.value) for hint in hints if isinstance(hint, ast.Constant))


def _plain_text(path: Path) -> str:
    """A file as text; of JSON and notebooks the strings, so that escapes hide nothing."""
    text = path.read_bytes().decode("utf-8", "ignore")
    try:
        return "\n".join(_strings(json.loads(text))) if path.suffix in (".json", ".ipynb") else text
    except ValueError:
        return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _refuse_leaks(assignment: ReleaseInput, handout: Path) -> None:
    found = leaks(_text(assignment.reference_file), handout)
    hidden = {line.id for line in assignment.lines if line.visibility != "visible"}
    for path in sorted(handout.rglob("*.py")):
        defined = set(re.findall(r"\bdef (\w+)", path.read_text(encoding="utf-8")))
        found += [f"{path.name}: defines the hidden check {name}" for name in sorted(defined & hidden)]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise AssignmentError(
            f"{assignment.slug}: the handout would give an answer away: {found[0]}{more}",
            hint="say it differently in the file that students get, or in the reference",
        )


def _check_tasks(assignment: ReleaseInput, regions: Sequence[Region]) -> None:
    """The reference's TODOs are those of assignment.yaml, and every rubric line belongs to a task."""
    wanted = {task.todo for task in assignment.tasks if task.todo is not None}
    found = {region.todo for region in regions}
    if wanted != found:
        raise AssignmentError(
            f"{assignment.reference_file}: expected the TODOs of assignment.yaml, {sorted(wanted)}, got {sorted(found)}",
            hint="number the comments `# TODO n:` and the tasks alike",
        )
    ids = [task.id for task in assignment.tasks]
    for line in assignment.lines:
        if line.task not in ids:
            raise AssignmentError(f"{line.id}: task {line.task}: expected one of {', '.join(ids)}")


def _thresholds(assignment: ReleaseInput) -> dict[str, bytes]:
    """calibration.json for the visible checks alone: threshold and partial credit, not what is known about wrong answers."""
    path = assignment.assignment_folder / "calibration.json"
    visible = {line.id for line in assignment.lines if line.visibility == "visible" and line.statistical}
    if not visible or not path.exists():
        return {}
    try:
        record = json.loads(_read(path))
        kept = ("threshold", "floor", "steps")
        checks = {
            name: {"threshold": entry["threshold"], **{key: entry[key] for key in kept if key in entry}}
            for name, entry in record["checks"].items()
            if name in visible
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssignmentError(f"{path}: not a calibration record: {error}", hint="measure it again") from error
    profile = {"profile": record["profile"]} if "profile" in record else {}
    return {"calibration.json": _json({**profile, "checks": checks})}


def _readme(assignment: ReleaseInput, statement: str, *, train: bool) -> str:
    """The statement, then the points, the reference's pictures and how to work."""
    pictures = [f"![{name}](pictures/{name}.png)" for name in sorted(assignment.pictures)]
    shown = ["## What the pictures can look like", *pictures] if pictures else []
    return "\n\n".join([statement.strip(), *_points(rubric(assignment)), *shown, *_how_to_work(assignment, train=train)]) + "\n"


def _points(content: Mapping[str, Any]) -> list[str]:
    table = ["| TODO | What | Stars | Visible checks | Hidden checks |", "|---|---|---|---|---|"]
    for task in content["tasks"]:
        title, stars = task["title"].replace("|", "\\|"), "★" * task["stars"]
        table.append(f"| {task['todo'] or '-'} | {title} | {stars} | {_cell(task['visible'])} | {_cell(task['hidden'])} |")
    total = content["total"]
    told = (
        f"{total['points']} points: {total['visible']['points']} from checks that you have, in `checks_visible.py`, "
        f"{total['hidden']['points']} from hidden checks. Your feedback names those that failed, each with a hint."
    )
    return ["## Points", "\n".join(table), told]


def _how_to_work(assignment: ReleaseInput, *, train: bool) -> list[str]:
    saves = f", and saves {assignment.weights}" if assignment.weights else ""
    commands = [f"    python train.py      # trains{saves}"] if train else []
    commands.append("    autograder check     # runs the visible checks: what was expected, and what came")
    also = f", and `{assignment.weights}`" if assignment.weights else ""
    hand_in = f"Hand in `{assignment.module}.py`, or `{assignment.module}.ipynb` if you work in the notebook{also}."
    return ["## How to work", "\n".join(commands), hand_in]


def _cell(count: Mapping[str, int]) -> str:
    checks, points = count["checks"], count["points"]
    plural = "" if checks == 1 else "s"
    return f"{checks} check{plural}, {points} point{'' if points == 1 else 's'}" if checks else "-"


def _refuse_foreign(out: Path) -> None:
    """Only a handout is ever replaced."""
    if not out.exists():
        return
    former = out.is_dir() and (not any(out.iterdir()) or all((out / name).is_file() for name in FORMER))
    if not former:
        raise AssignmentError(f"{out}: exists and is not a handout", hint="name a new folder, or delete this one yourself")


def _swap(new: Path, out: Path, aside: Path) -> None:
    """Put the finished folder in place; if that fails, the former one is back."""
    if out.exists():
        out.rename(aside)
    try:
        new.rename(out)
    except BaseException:
        if aside.exists():
            aside.rename(out)
        raise


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssignmentError(f"{path}: cannot be read: {error.strerror}", hint="see docs/authoring.md for the files") from error


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise AssignmentError(f"{path}: expected UTF-8 text: {error.reason} at byte {error.start}") from error


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
