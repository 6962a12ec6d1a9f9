"""Memory and processes of one guest bounded in sum, by a control group of its own. v1 or v2, found out by doing.

A mounted v2 tree proves nothing (hybrid trees keep the controllers in v1), so a group is made, its limits are written and read
back. Where that fails there is no group: the limits hold for each process only, and the wall says that it is degraded.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.policy import MIB, Policy

ROOT = Path("/sys/fs/cgroup")
BASE = 1024 * MIB
"""What interpreter, torch and its shared libraries may take beside the policy's memory."""


@dataclass(frozen=True, slots=True)
class Group:
    """One control group, or one per controller under v1."""

    folders: tuple[Path, ...]
    counter: Path
    """The file that counts kills for lack of memory."""

    @property
    def joins(self) -> list[str]:
        """Files to which a process writes 0 to join, before it becomes the guest."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def adopt(self, pid: int) -> None:
        """Take in a process that has not run student code yet; one that has ended is left alone."""
        for path in self.joins:
            with contextlib.suppress(OSError):
                Path(path).write_text(str(pid))

    def kills(self) -> int:
        """How often the kernel killed for lack of memory."""
        with contextlib.suppress(OSError, ValueError):
            for line in self.counter.read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def remove(self) -> None:
        """Remove it; its processes are dead, but the kernel may take a moment to notice."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


def make(policy: Policy) -> Group | None:
    """A group with this policy's bounds; None where none can be had."""
    if os.geteuid() != 0:
        return None
    name = f"autograder-{os.getpid()}-{secrets.token_hex(6)}"
    return _v1(name, policy) or _v2(name, policy)


def sweep() -> None:
    """Remove the empty groups of graders that were killed; those of running ones stay."""
    for parent in (ROOT, ROOT / "memory", ROOT / "pids"):
        for folder in parent.glob("autograder-*-*"):
            if not is_running(folder.name.split("-")[1]):
                with contextlib.suppress(OSError):
                    folder.rmdir()


def is_running(pid: str) -> bool:
    """Whether a process of this number exists."""
    return Path("/proc", pid).exists()


def available() -> bool:
    """Whether a group can be made here, by making one."""
    sweep()
    group = make(Policy())
    if group is not None:
        group.remove()
    return group is not None


def _v1(name: str, policy: Policy) -> Group | None:
    memory, pids = ROOT / "memory" / name, ROOT / "pids" / name
    limits = {
        memory / "memory.limit_in_bytes": total(policy),
        memory / "memory.memsw.limit_in_bytes": total(policy),
        pids / "pids.max": 2 * policy.processes,
    }
    return _group((memory, pids), limits, memory / "memory.oom_control", optional=("memory.memsw.limit_in_bytes",))


def _v2(name: str, policy: Policy) -> Group | None:
    with contextlib.suppress(OSError):
        (ROOT / "cgroup.subtree_control").write_text("+memory +pids")
    folder = ROOT / name
    limits = {
        folder / "memory.max": total(policy),
        folder / "memory.swap.max": 0,
        folder / "memory.oom.group": 0,
        folder / "pids.max": 2 * policy.processes,
    }
    return _group((folder,), limits, folder / "memory.events", optional=("memory.swap.max", "memory.oom.group"))


def _group(folders: tuple[Path, ...], limits: dict[Path, int], counter: Path, optional: tuple[str, ...]) -> Group | None:
    """Make the folders, write the limits, read them back; nothing is left behind when a step fails."""
    group = Group(folders, counter)
    try:
        for folder in folders:
            folder.mkdir()
        for path, value in limits.items():
            if path.name in optional and not path.exists():
                continue  # a kernel without swap accounting
            path.write_text(str(value))
            if int(path.read_text()) != value:
                raise OSError(f"{path}: {path.read_text()}")
    except (OSError, ValueError):
        group.remove()
        return None
    return group


def total(policy: Policy) -> int:
    """Bytes of everything inside: a whole number of pages, so that it reads back as written."""
    size = BASE + policy.memory + 2 * policy.scratch
    return size - size % 4096
