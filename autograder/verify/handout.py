"""The handout's part of the proof: it is what `release` makes now, and it holds no answer."""

from __future__ import annotations

import tempfile
from pathlib import Path

from autograder.errors import AutograderError
from autograder.grade import Prepared
from autograder.handout import make_handout
from autograder.release import leaks
from autograder.verify.wrong import twin

LOOSE = (".png",)
"""Files that may differ by a grey level between machines."""


def problems(prepared: Prepared) -> list[str]:
    """What is wrong with the committed handout."""
    assignment = prepared.assignment
    folder = assignment.folder / "handout"
    reference = (twin(assignment) / f"{assignment.spec.module}.py").read_text(encoding="utf-8")
    found = [f"handout: solution text is left: {text}" for text in leaks(reference, folder)]
    for hidden in ("checks_hidden.py", "mutants.yaml", "weights"):
        found += [f"handout: holds {hidden}" for path in folder.rglob(hidden)]
    with tempfile.TemporaryDirectory() as scratch:
        try:
            make_handout(prepared, Path(scratch) / "handout", pictures_from=folder / "pictures")
        except AutograderError as error:
            return [*found, f"handout: cannot be made: {error.message}"]
        found += _differences(Path(scratch) / "handout", folder)
    return found


def _differences(fresh: Path, committed: Path) -> list[str]:
    now = {path.relative_to(fresh): path for path in fresh.rglob("*") if path.is_file()}
    was = {path.relative_to(committed): path for path in committed.rglob("*") if path.is_file()}
    was = {name: path for name, path in was.items() if "__pycache__" not in name.parts}
    both = [name for name in now if name in was and name.suffix not in LOOSE]
    stale = [name for name in both if now[name].read_bytes() != was[name].read_bytes()]
    return [f"handout: {name} is not what `autograder release` makes now" for name in sorted({*stale, *(set(now) ^ set(was))})]
