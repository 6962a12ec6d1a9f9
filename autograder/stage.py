"""Stage: Submission + Assignment -> a fresh folder with only what may be seen inside the wall.

`sub/` holds the student's accepted files, `boot/` our guest and the assignment's driver. Must never hold an answer, a check,
an input, another student, or a name that tells of any of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.assignment import Assignment
from autograder.errors import AutograderError
from autograder.sandbox import guest
from autograder.sandbox.contract import Stage
from autograder.submission import Submission

_LOCK = threading.Lock()
"""The threads of one process share the folder around their stages; processes have one each."""

GUEST_FILES = ("guest.py", "wire.py", "notebook_source.py")


class StageError(AutograderError):
    """The stage cannot be written: ours (a full disk, no permission), never the student's."""


@contextmanager
def staged(submission: Submission, assignment: Assignment, scratch: Path | None = None) -> Iterator[Stage]:
    """A stage that is removed afterwards; if we are killed, the next grader removes it."""
    try:
        folder = _empty(scratch)
    except OSError as error:
        raise StageError(f"no folder for the stage: {error.strerror}", hint="free some space in the temporary folder") from error
    try:
        yield _fill(folder, submission, assignment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with _LOCK, contextlib.suppress(OSError):
            folder.parent.rmdir()  # only when it was the last one


def _empty(scratch: Path | None) -> Path:
    with _LOCK:  # else a thread that ends its last stage removes the folder around it just before we are in it
        return Path(tempfile.mkdtemp(prefix="s", dir=scratch or own_folder()))


def own_folder() -> Path:
    """A private folder for the stages of this process; those of processes that are no more are removed."""
    base = Path(tempfile.gettempdir()) / f"autograder-{os.getuid() if hasattr(os, 'getuid') else 'stages'}"
    base.mkdir(mode=0o700, exist_ok=True)
    facts = base.lstat()
    if not stat.S_ISDIR(facts.st_mode) or (hasattr(os, "getuid") and facts.st_uid != os.getuid()):
        raise StageError(f"{base}: belongs to somebody else", hint="remove it, or set TMPDIR to another folder")
    for former in base.iterdir():
        if former.name.isdigit() and not _is_running(int(former.name)):
            shutil.rmtree(former, ignore_errors=True)
    mine = base / str(os.getpid())
    mine.mkdir(mode=0o700, exist_ok=True)
    return mine


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


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
