"""The red team's class: attacks as files of `tests/submissions`, honest twins beside them, a course with canaries in all that is secret.

Reads the attacks as text and writes them out as submissions; nothing of them is run here.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUBMISSIONS = Path(__file__).parent / "submissions"
TOY = Path(__file__).parent / "course"
GROUPS = {
    "a_forge": "Forging the verdict", "b_key": "Reading the key", "c_break": "Breaking host or grader",
    "d_archive": "Hostile archives, repositories, ids, feedback", "e_metric": "Cheating the metric",
}  # fmt: skip
BARE = 77
"""Exit status of an attack that finds itself outside the wall."""

RIGHT = (TOY / "reference_solutions/toy/toy.py").read_text()
WRONG = RIGHT.replace("return sum(numbers) / len(numbers)", "return sum(numbers)")
TWINS = {"honest": 100, "honest-wrong": 60, "kay-twin": 100}
"""Honest students beside the attacks, and what they must get."""
SECRETS = ("checks", "reference", "secret", "other", "variable", "file")
"""Places of which each holds a canary of its own."""


@dataclass(frozen=True)
class Attack:
    """One file of `tests/submissions`."""

    group: str
    deed: str
    story: str
    rows: tuple[str, ...]
    earns: int
    """Points that its honest parts are worth."""
    naive: bool
    """Whether it must forge a verdict in the naive grader."""
    refused: bool
    """Whether it ends without an owner: refused by name."""
    tells: str
    """What it tells a digit of the hidden inputs by: `seconds`; else nothing."""
    students: int
    """In how many hands it is, to be graded at the same time."""
    neighbours: int
    """Honest submissions right behind it, which must have all points."""
    builder: bool
    """Whether it is data made by a function, not code."""
    path: Path

    @property
    def student(self) -> str:
        """Its name in the class."""
        return f"{self.group[0]}-{self.deed.replace('_', '-')}"[:60]

    @property
    def beside(self) -> list[str]:
        """Names of its honest neighbours."""
        return [f"{self.student}-n{number}" for number in range(self.neighbours)]


@dataclass
class Ground:
    """One class on disk, and what must not be found in anybody's hands."""

    base: Path
    course: Path
    canary: dict[str, str]
    tokens: dict[str, str]
    """@NAME@ in an attack -> what stands there."""
    names: dict[str, list[str]] = field(default_factory=dict)
    """Deed -> names of its students."""

    @property
    def folder(self) -> Path:
        """The submissions."""
        return self.base / "class"

    @property
    def host(self) -> Path:
        """A folder that belongs to nobody in the class."""
        return self.base / "host"


def attacks(part: str = "") -> list[Attack]:
    """All whose group/deed contains one of these words, in order."""
    every = [attack_of(path) for group in GROUPS for path in sorted((SUBMISSIONS / group).glob("*.py"))]
    return [attack for attack in every if any(word in f"{attack.group}/{attack.deed}" for word in part.split(","))]


def attack_of(path: Path) -> Attack:
    """The attack that a file describes."""
    tree = ast.parse(path.read_text())
    said = ast.get_docstring(tree) or ""
    marks = dict(re.findall(r"^(\w+): (.+)$", said, re.M))
    builder = any(isinstance(node, ast.FunctionDef) and node.name == "build" for node in tree.body)
    return Attack(
        path.parent.name, path.stem, said.splitlines()[0], tuple(marks["Attacks"].split(", ")), int(marks.get("Earns", 0)),
        marks.get("Forges") == "naive", marks.get("Ends") == "refused", marks.get("Tells", ""), int(marks.get("Students", 1)),
        int(marks.get("Neighbours", 0)), builder, path,
    )  # fmt: skip


def guard_of(path: Path) -> str:
    """The lines between docstring and deed."""
    text = path.read_text()
    start = text.index("# ruff: noqa")
    return text[start : text.index("raise SystemExit(77)") + len("raise SystemExit(77)\n")]


def beside(path: Path) -> dict[str, str]:
    """Further files that a submission brings; those with code get the guard too."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "BESIDE":
            guard = guard_of(path)
            return {name: guard + text if name.endswith(".py") else text for name, text in ast.literal_eval(node.value).items()}
    return {}


def lay_ground(base: Path, wanted: list[Attack], tokens: dict[str, str]) -> Ground:
    """Write course, secrets and class."""
    canary = {place: f"canary-{place}-{secrets.token_hex(12)}" for place in SECRETS}
    host = base / "host"
    host.mkdir()
    (host / "secret").write_text(canary["file"])
    (host / "secret").chmod(0o600)
    own = {"COURSE": base / "course", "CLASS": base / "class", "HOST_FILE": host / "secret", "SCRATCH": host}
    ground = Ground(base, lay_course(base, canary), canary, {**tokens, **{name: str(path) for name, path in own.items()}})
    ground.folder.mkdir()
    write_submission(ground.folder / "honest", f"{RIGHT}\n# {canary['other']}\n")
    write_submission(ground.folder / "honest-wrong", WRONG)
    for attack in wanted:
        ground.names[attack.deed] = hand_in(attack, ground)
        for name in attack.beside:
            write_submission(ground.folder / name, RIGHT)
    return ground


def hand_in(attack: Attack, ground: Ground) -> list[str]:
    """Write one attack's submissions; gives the names of its students."""
    if attack.builder:
        return load_builder(attack.path)(ground.folder, attack.student, RIGHT, ground.host) or [attack.student]
    names = [attack.student] if attack.students == 1 else [f"{attack.student}-{n}" for n in range(attack.students)]
    for number, name in enumerate(names):
        tokens = {**ground.tokens, "NUMBER": str(number)}
        write_submission(ground.folder / name, filled(attack.path.read_text(), tokens))
        for file, text in beside(attack.path).items():
            (ground.folder / name / file).write_text(filled(text, tokens))
    return names


def write_submission(folder: Path, text: str) -> None:
    """A folder with a toy.py."""
    folder.mkdir()
    (folder / "toy.py").write_text(text)


def filled(text: str, tokens: dict[str, str]) -> str:
    """The text with @NAME@ replaced."""
    for name, value in tokens.items():
        text = text.replace(f"@{name}@", value)
    return text


def load_builder(path: Path) -> Callable[[Path, str, str, Path], list[str] | None]:
    """The `build` of a file that makes data."""
    spec = importlib.util.spec_from_file_location(f"builder_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build


def lay_course(base: Path, canary: dict[str, str]) -> Path:
    """A copy of the toy course: its hidden check has inputs of its own; canaries lie in all that is secret."""
    course = Path(shutil.copytree(TOY, base / "course", ignore=shutil.ignore_patterns(".autograder", "__pycache__")))
    toy = course / "assignments/toy"
    head, asked = (toy / "driver.py").read_text().split('"""\n', 1)
    hidden = "\n\ndef hidden_spread(student, hidden_numbers) -> float:\n    return student.spread(hidden_numbers)\n"
    # First in the file: only the grader's own order keeps what it leaves behind from what is shown.
    (toy / "driver.py").write_text(f'{head}"""\n{hidden}{asked}')
    with (toy / "inputs.py").open("a") as file:
        file.write("\n\ndef hidden_numbers(rng):\n    return (9 + 4 * torch.randn(11, generator=rng)).double().tolist()\n")
    checks = (toy / "checks_hidden.py").read_text()
    checks = checks.replace("(spread, numbers)", "(hidden_spread, hidden_numbers)").replace('spread["value"]', "hidden_spread")
    checks = checks.replace("statistics.pstdev(numbers)", "statistics.pstdev(hidden_numbers)")
    (toy / "checks_hidden.py").write_text(f"{checks}\n# {canary['checks']}\n")
    with (course / "reference_solutions/toy/toy.py").open("a") as file:
        file.write(f"\n# {canary['reference']}\n")
    (course / ".autograder").mkdir()
    (course / ".autograder/note").write_text(canary["secret"])
    return course
