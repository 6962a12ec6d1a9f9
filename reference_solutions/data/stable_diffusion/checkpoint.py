"""Where training stands, in a file outside the repository's history: what was interrupted goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

FOLDER = Path(__file__).resolve().parents[3] / ".autograder/stable_diffusion"
EVERY = 100
"""Steps between two saves."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a stage trains: the rate climbs for `warm` steps, stays, and falls to zero in the last quarter.

    So a longer plan may go on from the middle of a shorter one.
    """

    steps: int
    rate: float
    warm: int = 50

    def rate_at(self, step: int) -> float:
        """Of the optimiser in this step."""
        left = (self.steps - step) / max(1, self.steps // 4)
        return self.rate * min(1.0, (step + 1) / self.warm, max(left, 0.0))


def load(name: str, folder: Path = FOLDER) -> dict[str, Any] | None:
    """What was saved under this name; None at the beginning."""
    path = folder / f"{name}.pt"
    return torch.load(path, weights_only=True) if path.is_file() else None


def needed(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What the stage of this name left; ends with the command to run where it has not run yet."""
    saved = load(name, folder)
    if saved is None:
        command = f"python reference_solutions/data/stable_diffusion/train.py {name}"
        raise SystemExit(f"{folder / name}.pt: missing: this stage goes on from what `{name}` saves; first run `{command}`")
    return saved


def save(name: str, state: dict[str, Any], folder: Path = FOLDER) -> None:
    """Whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    torch.save(state, part)
    part.replace(folder / f"{name}.pt")


def steps(name: str, plan: Plan, start: int, state: Callable[[int], dict[str, Any]]) -> Iterator[tuple[int, float]]:
    """(step, rate) from `start` to the end of the plan; saves `state(steps done)` on the way."""
    began = time.process_time()
    for step in range(start, plan.steps):
        yield step, plan.rate_at(step)
        if (step + 1) % EVERY == 0 or step + 1 == plan.steps:
            save(name, state(step + 1))
            spent = (time.process_time() - began) / (step + 1 - start)
            print(f"{name}: step {step + 1}/{plan.steps}, {spent:.2f} CPU s a step", flush=True)


def stop_watch(before: float) -> Callable[[], float]:
    """CPU seconds so far, those of interrupted runs included."""
    began = time.process_time()
    return lambda: before + time.process_time() - began
