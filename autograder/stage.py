"""Stage: Submission + Assignment -> a fresh folder with only what may be seen inside the wall.

`sub/` holds the student's accepted files, `boot/` our guest and the assignment's driver. Must never hold an answer, a check,
an input, another student, or a name that tells of any of them.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.assignment import Assignment
from autograder.errors import AutograderError
from autograder.sandbox import guest
from autograder.sandbox.contract import Stage
from autograder.submission import Submission

GUEST_FILES = ("guest.py", "wire.py", "notebook_source.py")


class StageError(AutograderError):
    """The stage cannot be written: ours (a full disk, no permission), never the student's."""


@contextmanager
def staged(submission: Submission, assignment: Assignment, scratch: Path | None = None) -> Iterator[Stage]:
    """A stage that is removed afterwards."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"s{secrets.token_hex(4)}", dir=scratch))
    except OSError as error:
        raise StageError(f"no folder for the stage: {error.strerror}", hint="free some space in the temporary folder") from error
    try:
        yield _fill(folder, submission, assignment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, submission: Submission, assignment: Assignment) -> Stage:
    stage = Stage(folder, assignment.spec.module, assignment.spec.weights, tuple(assignment.spec.preload))
    try:
        for part in (folder, stage.sub, stage.boot):
            part.mkdir(exist_ok=True)
            part.chmod(0o755)  # the guest's uid is not ours
        for name, content in submission.files.items():
            _write(stage.sub / name, content)
        for name in GUEST_FILES:
            _write(stage.boot / name, Path(guest.__file__).with_name(name).read_bytes())
        _write(stage.boot / "driver.py", (assignment.folder / "driver.py").read_bytes())
    except OSError as error:
        raise StageError(f"the stage cannot be written: {error.strerror}", hint="free some space, then grade again") from error
    return stage


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
