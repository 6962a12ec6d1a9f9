"""The contract of a wall: prove it, start a guest, ask, end. A backend is one file that fulfils it.

Sandbox.prove()          what holds on this machine; never raises
Sandbox.start(stage)     a guest that is up; SandboxUnavailable when the wall (not the student) fails
Guest.ask(...)           one answer or one fault of the student's; SandboxUnavailable never: the guest was up
Guest.end()              everything inside is dead afterwards
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from autograder.sandbox.policy import Policy


@dataclass(frozen=True, slots=True)
class Stage:
    """A fresh folder with only what may be seen inside: `sub/` (the student's files) and `boot/` (guest, wire, driver)."""

    folder: Path
    module: str
    weights: str | None
    preload: tuple[str, ...] = ()

    @property
    def sub(self) -> Path:
        """The student's files."""
        return self.folder / "sub"

    @property
    def boot(self) -> Path:
        """Our guest, the wire and the assignment's driver."""
        return self.folder / "boot"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the self-test found on this machine."""

    backend: str
    version: str
    missing: tuple[str, ...] = ()
    """Properties that do not hold. Any of them: hidden checks are not run."""
    degraded: tuple[str, ...] = ()
    """Properties that hold in a weaker form; recorded with every result."""
    hint: str = ""

    @property
    def holds(self) -> bool:
        """Whether grades of record may be made behind this wall."""
        return not self.missing

    def __str__(self) -> str:
        state = "proven" if self.holds else "missing: " + "; ".join(self.missing)
        weaker = f", degraded: {'; '.join(self.degraded)}" if self.degraded else ""
        return f"{self.backend} {self.version}, {state}{weaker}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one observation."""

    value: Any = None
    fault: str = ""
    """Empty when there is a value; else time, memory, crash, todo, raised or answer."""
    text: str = ""
    """What the student's code said, or what happened to it. Student-made: display only, cleaned before display."""
    seconds: float = 0.0


class Guest(Protocol):
    """A started guest, owned by one thread."""

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""

    @property
    def log(self) -> str:
        """The start of what it printed on stdout and stderr."""

    def ask(self, observe: str, wants: Sequence[str], inputs: Mapping[str, Any], seed: int, seconds: float) -> Answer:
        """Ask one observation. Any failure after the guest was up is the student's, and is an `Answer`."""

    def end(self) -> None:
        """Kill every process inside and wait until they are gone."""


class Sandbox(Protocol):
    """A backend."""

    @property
    def name(self) -> str:
        """What --sandbox calls it."""

    def prove(self) -> Proof:
        """Build the wall once, probe it from inside, and say what holds."""

    def start(self, stage: Stage, policy: Policy) -> Guest:
        """A guest that has sent READY. Raises SandboxUnavailable when it did not come up."""
