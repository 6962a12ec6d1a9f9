"""Submission: a folder of hand-ins -> one `Submission` per student. First stage of the flow.

Must never follow a link, trust a name or a size, or execute anything. What is odd about a submission is a sentence in its result;
a name that cannot be a student's, or two submissions of one student, is refused, and everyone else is graded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.archives import ARCHIVES, IGNORED, Contents, read_contents
from autograder.assignment import Assignment
from autograder.errors import CourseError

STUDENT = re.compile(r"[a-z0-9_-]{1,64}")
NOT_SUBMISSIONS = (".csv", ".md", ".yaml", ".yml", ".json", ".txt", ".log", ".html")
"""Files that an instructor keeps beside the submissions."""
SOURCE_MIB = 2
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in."""

    student: str
    files: Mapping[str, bytes]
    """Accepted name -> content. What is missing is missing."""
    problems: tuple[str, ...] = ()
    """What could not be read or is odd, as sentences."""

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(f"{name}\0{len(self.files[name])}\0".encode() + self.files[name])
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Refused:
    """Something in the folder that cannot be attributed to one student."""

    name: str
    """A name fit for a report."""
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where one student's submission lies."""

    student: str
    path: Path


def find_submissions(path: Path, assignment: Assignment) -> tuple[list[Found], list[Refused]]:
    """Students and their places below a class folder, or the one submission that `path` itself is."""
    if not path.exists():
        raise CourseError(f"{path}: no such file or folder", hint="name the folder that holds one submission per student")
    try:
        entries = [path] if _is_one(path, assignment) else sorted(path.iterdir())
    except OSError as error:
        raise CourseError(f"{path}: cannot be read: {error.strerror}", hint="check its permissions") from error
    places: dict[str, list[Path]] = {}
    refused = []
    for entry in entries:
        if entry.name in IGNORED or entry.name.startswith(".") or entry.suffix.lower() in NOT_SUBMISSIONS:
            continue
        place = _for_assignment(entry, assignment)
        if place is None:
            continue
        student = _stem(entry).lower()
        if _stem(entry).isascii() and STUDENT.fullmatch(student):  # some letters become ASCII when they are made small
            places.setdefault(student, []).append(place)
        else:
            reason = "its name cannot be a student's: expected letters, digits, - and _ (at most 64): rename it and grade again"
            refused.append(Refused(re.sub(r"[^A-Za-z0-9_-]", "_", _stem(entry))[:64] or "_", reason))
    for student, found in places.items():
        if len(found) > 1:
            names = ", ".join(f"`{entry.name}`" for entry in found)
            refused.append(Refused(student, f"{len(found)} submissions of one student ({names}): keep one and grade again"))
    return [Found(student, found[0]) for student, found in sorted(places.items()) if len(found) == 1], refused


def read_submission(found: Found, assignment: Assignment) -> Submission:
    """The accepted files of one submission. Never raises for anything that a student did."""
    path = found.path
    caps = accepted_sizes(assignment)
    if path.suffix.lower() in (".py", ".ipynb") and not path.is_dir():
        contents = _single(path, assignment, caps)
    else:
        contents = read_contents(path, caps)
    _one_source(contents, assignment)
    missing = [name for name in _needed(assignment, contents.files) if name not in contents.files]
    problems = contents.problems + [f"{name} is missing: hand it in" for name in missing]
    weights = contents.files.get(assignment.spec.weights or "")
    if weights is not None and weights[8:9] != b"{":
        problems.append(f"{assignment.spec.weights} is not a safetensors file: save it with safetensors.torch.save_file")
    return Submission(found.student, contents.files, tuple(dict.fromkeys(problems)))


def accepted_sizes(assignment: Assignment) -> dict[str, int]:
    """Accepted name -> most bytes."""
    weights = assignment.spec.limits.weights_mb * MIB
    return {name: weights if name == assignment.spec.weights else SOURCE_MIB * MIB for name in assignment.accepted}


def _single(path: Path, assignment: Assignment, caps: Mapping[str, int]) -> Contents:
    """A bare .py or .ipynb, whatever it is called: read as a folder that holds it under the assignment's name."""
    name = f"{assignment.spec.module}{path.suffix.lower()}"
    if path.is_symlink() or not path.is_file():
        return Contents(problems=[f"{path.name} is a link or not a regular file: hand in the file itself"])
    try:
        with path.open("rb") as stream:
            content = stream.read(caps[name] + 1)
    except OSError as error:
        return Contents(problems=[f"{path.name} cannot be read ({error.strerror})"])
    if len(content) > caps[name]:
        return Contents(problems=[f"{name} is larger than the {caps[name] / MIB:g} MiB that this assignment accepts"])
    return Contents(files={name: content})


def _one_source(contents: Contents, assignment: Assignment) -> None:
    """Of module and notebook the one that was worked on: the handout's untouched stub does not count."""
    module, notebook = f"{assignment.spec.module}.py", f"{assignment.spec.module}.ipynb"
    if module not in contents.files or notebook not in contents.files:
        return
    untouched = [name for name in (module, notebook) if _is_stub(contents.files[name], assignment, name)]
    drop = module if untouched == [module] else notebook
    if not untouched:
        contents.problems.append(f"both {module} and {notebook} were handed in: {module} is graded")
    del contents.files[drop]


def _is_stub(content: bytes, assignment: Assignment, name: str) -> bool:
    """Whether this is the handout's file as it was given out; its rubric.json holds the digests."""
    for folder in (assignment.folder / "handout", assignment.folder):
        try:
            untouched = json.loads((folder / "rubric.json").read_text(encoding="utf-8"))["untouched"]
            return bool(untouched.get(name) == hashlib.sha256(content).hexdigest())
        except (OSError, ValueError, KeyError, AttributeError):
            continue
    return False


def _needed(assignment: Assignment, files: Mapping[str, bytes]) -> list[str]:
    module, notebook, *weights = assignment.accepted
    return [*([] if notebook in files else [module]), *weights]


def _is_one(path: Path, assignment: Assignment) -> bool:
    """Whether `path` is itself a submission: a file, or a folder that holds an accepted file."""
    return not path.is_dir() or any((path / name).is_file() for name in assignment.accepted)


def _for_assignment(entry: Path, assignment: Assignment) -> Path | None:
    """The part of a student's folder that belongs to this assignment; None when the folder holds only other assignments."""
    try:
        if not entry.is_dir() or entry.is_symlink() or _is_one(entry, assignment):
            return entry
        inside = sorted(child for child in entry.iterdir() if not child.name.startswith("."))
    except OSError:
        return entry  # reading it says what is wrong
    own = [child for child in inside if _stem(child) == assignment.slug and (child.is_dir() or _is_packed(child))]
    if own:
        return own[0]
    others = {folder.name for folder in assignment.folder.parent.iterdir()} if assignment.reference else set()
    # A file called like this assignment that no reader knows is a hand-in all the same: its owner has to hear of it.
    return None if inside and all(_stem(child) in others - {assignment.slug} for child in inside) else entry


def _is_packed(path: Path) -> bool:
    return path.name.lower().endswith((*ARCHIVES, ".py", ".ipynb"))


def _stem(path: Path) -> str:
    """The name without an archive's or source's ending."""
    for ending in (*ARCHIVES, ".ipynb", ".py"):
        if path.name.lower().endswith(ending) and not path.is_dir():
            return path.name[: -len(ending)]
    return path.name if path.is_dir() else path.stem
