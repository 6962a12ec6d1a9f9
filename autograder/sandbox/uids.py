"""A pool of uids that nobody has: one for each running guest, given back when no process of it is left."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from autograder.errors import SandboxUnavailable

FIRST, COUNT = 61_100, 256
FOLDER = Path("/run/autograder-uids")


class Uid:
    """A uid that is ours until `release`; the lock dies with us, so a killed grader gives it back too."""

    def __init__(self, number: int, lock: int) -> None:
        self.number, self._lock = number, lock

    def release(self) -> None:
        """Give it back once nothing runs under it. A uid that is still in use is kept locked for good."""
        deadline = time.monotonic() + 5.0
        while processes_of(self.number):
            if time.monotonic() > deadline:
                return
            time.sleep(0.005)
        os.close(self._lock)


def take() -> Uid:
    """A uid of the pool under which nothing runs. Only root can."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    for number in range(FIRST, FIRST + COUNT):
        lock = os.open(FOLDER / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        if not processes_of(number):
            return Uid(number, lock)
        os.close(lock)
    raise SandboxUnavailable(
        f"all {COUNT} uids from {FIRST} are in use", hint="is another grading running, or has one left processes behind?"
    )


def processes_of(uid: int) -> list[int]:
    """Live (not zombie) processes whose real or effective uid this is, as the host sees it."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            lines = Path(entry.path, "status").read_text().splitlines()
        except OSError:
            continue
        fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if str(uid) in fields.get("Uid", "").split() and not fields.get("State", "Z").startswith("Z"):
            found.append(int(entry.name))
    return found
