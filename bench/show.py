"""What every benchmark prints: the machine, medians, a table in Markdown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence


def machine() -> str:
    """One line about where the figures come from."""
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}"
    return f"{cores} cores, {system}, load {os.getloadavg()[0]:.1f} at the start"


def median_of(seconds: Sequence[float]) -> float:
    """The median."""
    return statistics.median(seconds)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
