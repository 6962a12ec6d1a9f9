"""The record of real images: what draws of them score, by reference and size, and how near they lie to the training images.

Measured by `reference_solutions/data/statistics/draws.py`, read here. A threshold has a record of its own, made by `calibrate`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.errors import DataError
from autograder.metrics.spread import Draws

RECORD = Path(__file__).parent / "real_draws.json"


def drawn(reference: str, n: int) -> dict[str, Draws]:
    """Metric -> draws of n real images, by the reference's digest; between sizes interpolated, empty where none is on record."""
    found = _record()["references"].get(reference, {}).get("draws", {})
    sizes = sorted(int(size) for size in found)
    below, above = [s for s in sizes if s <= n], [s for s in sizes if s >= n]
    if not below or not above:
        return {}
    low, high = found[str(below[-1])], found[str(above[0])]
    return {metric: _between(Draws(**low[metric]), Draws(**high[metric]), (below[-1], above[0]), n) for metric in low}


def tail_limit(name: str) -> float:
    """`memorisation.tail_limit` of a data set that ships, in grey levels; DataError when it is not on record."""
    limits = _record()["tail_limits"]
    if name not in limits:
        raise DataError(f"{name}: no tail limit on record: expected one of {', '.join(sorted(limits))}")
    return float(limits[name]["limit"])


def _between(a: Draws, b: Draws, sizes: tuple[int, int], n: int) -> Draws:
    """Means fall like 1/N, spreads like its root."""

    def at(x: float, y: float, power: float) -> float:
        if sizes[0] == sizes[1]:
            return x
        start, end = sizes[0] ** -power, sizes[1] ** -power
        return float(x + (y - x) * (n**-power - start) / (end - start))

    return Draws(at(a.mean, b.mean, 1), at(a.sd, b.sd, 0.5), at(a.formula, b.formula, 0.5))


@lru_cache(maxsize=1)
def _record() -> dict[str, Any]:
    if not RECORD.is_file():
        raise DataError(f"{RECORD}: missing", hint="install the autograder again")
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found
