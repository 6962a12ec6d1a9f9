"""Bounds: values of right runs -> threshold; values of a weak model -> floor; how fine the steps between them may be.

The same functions make a record and, in `verify`, make it again from its runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.calibrate.tolerance import mean_and_sd, rounded, tolerance_factor

NOISE = 4
"""A step of partial credit is at least so many standard deviations wide (metrics.md 4), or two runs earn different points."""


def threshold_of(values: Sequence[float], *, upper: bool) -> float:
    """Mean + k sd of right runs, or mean - k sd where more is better."""
    mean, sd = mean_and_sd(values)
    away = tolerance_factor(len(values)) * sd
    return rounded(mean + away if upper else mean - away)


def floor_of(values: Sequence[float], *, upper: bool) -> float:
    """Mean - k sd of a weak model, or mean + k sd where more is better: a model of its kind earns nothing."""
    return threshold_of(values, upper=not upper)


def kept(value: float | None, threshold: float, *, upper: bool) -> bool:
    """Whether this value is within the threshold; no value never is."""
    return value is not None and (value <= threshold if upper else value >= threshold)


def steps_between(threshold: float, floor: float, values: Sequence[float], most: int) -> int:
    """How many: `most`, or as many as are NOISE standard deviations of the right runs wide; below 2 there is no credit."""
    mean, sd = mean_and_sd(values)
    relative = sd / abs(mean) if mean else math.inf
    if relative == 0:
        return most
    return min(most, math.floor(abs(math.log(floor / threshold)) / (NOISE * relative)))


def usable(threshold: float, floor: float, *, upper: bool) -> str:
    """Why there is no log-linear way from this floor to this threshold; empty when there is."""
    if threshold <= 0 or floor <= 0:
        return f"a logarithm needs positive numbers: threshold {threshold:.4g}, floor {floor:.4g}"
    if (floor <= threshold) == upper:
        return f"the floor {floor:.4g} is not beyond the threshold {threshold:.4g}"
    return ""
