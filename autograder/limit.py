"""Limit: the measured threshold of a statistical check, and what a value beyond it still earns.

Takes numbers of the calibration record; gives a share of the points. Must never give anything for a value that is not finite.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

STEPS = 4
"""Quarters: coarse enough that a step is several standard deviations of the statistic wide."""


class Limit(float):
    """A threshold that is a plain number for a check, with the record's floor: no credit from there on."""

    floor: float | None
    steps: int

    def __new__(cls, value: float, floor: float | None = None, steps: int = STEPS) -> Limit:
        """ValueError unless all is finite and, with a floor, positive: credit is log-linear."""
        made = super().__new__(cls, value)
        _finite(value, "threshold")
        if floor is not None:
            _finite(floor, "floor")
            if value <= 0 or floor <= 0 or floor == value:
                raise ValueError(f"floor: expected a positive number that is not the threshold {value:g}, got {floor:g}")
        if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 100:
            raise ValueError(f"steps: expected a whole number from 2 to 100, got {steps!r}")
        made.floor, made.steps = floor, steps
        return made

    def share(self, value: float, *, upper: bool) -> Fraction:
        """What of the points `value` earns: 1 within the limit, then fewer steps down to 0 at the floor. `upper`: less is better.

        s = (log floor - log value) / (log floor - log limit), rounded down to steps; always below 1 beyond the limit.
        """
        if not math.isfinite(value):
            return Fraction(0)
        if value <= self if upper else value >= self:
            return Fraction(1)
        if self.floor is None or value <= 0 or (self.floor < self) == upper:
            return Fraction(0)
        way = (math.log(self.floor) - math.log(value)) / (math.log(self.floor) - math.log(self))
        return Fraction(max(0, min(self.steps - 1, math.floor(way * self.steps))), self.steps)


def limit_of(entry: Mapping[str, Any]) -> Limit:
    """The limit that a record's entry holds. ValueError, KeyError or TypeError when it holds none."""
    return Limit(entry["threshold"], entry.get("floor"), entry.get("steps", STEPS))


def _finite(value: object, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{what}: expected a finite number, got {value!r}")
