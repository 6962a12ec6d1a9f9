"""One-sided normal tolerance limits: from n right runs to a threshold that nearly all right runs keep.

k = t'(confidence; n - 1, z_coverage sqrt(n)) / sqrt(n), t' a quantile of the noncentral t distribution (ISO 16269-6).
mean + k sd then lies above `coverage` of all runs with this confidence, if the runs are normal. The normality is an assumption:
20 clean runs alone show only that at most 14 % fail.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from autograder.errors import DataError

FALSE_FAILS, CONFIDENCE = 1e-4, 0.95
"""The aim: at most 1 in 10,000 right answers fails a check by chance."""


@lru_cache(maxsize=64)
def tolerance_factor(runs: int, coverage: float = 1 - FALSE_FAILS, confidence: float = CONFIDENCE) -> float:
    """The k of mean + k sd. ValueError for fewer than 2 runs."""
    if runs < 2:
        raise ValueError(f"runs: expected at least 2, got {runs}")
    stats = library("scipy.stats")
    root = math.sqrt(runs)
    return float(stats.nct.ppf(confidence, runs - 1, float(stats.norm.ppf(coverage)) * root) / root)


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def normality(values: Sequence[float]) -> dict[str, float]:
    """What speaks for or against normal runs: Shapiro-Wilk's p and the largest |z|."""
    mean, sd = mean_and_sd(values)
    p = float(library("scipy.stats").shapiro(list(values)).pvalue)
    return {"shapiro_p": rounded(p, 3), "largest_z": rounded(max(abs(value - mean) for value in values) / sd, 3)}


def distribution_free_bound(runs: int, confidence: float = CONFIDENCE) -> float:
    """The rate of failures that `runs` runs without one rule out, whatever their distribution."""
    return float(1 - (1 - confidence) ** (1 / runs))


def most_likely_rate(failures: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Upper limit on a rate (Clopper-Pearson, one-sided)."""
    if failures >= trials:
        return 1.0
    return float(library("scipy.stats").beta.ppf(confidence, failures + 1, trials - failures))


def rounded(value: float, digits: int = 6) -> float:
    """Significant digits, so that a record is the same on every machine and can be read."""
    return float(f"{value:.{digits}g}")


def library(name: str) -> Any:
    """SciPy or Matplotlib, when first needed: students and graders can do without."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise DataError(f"{package} is not installed: {error}", hint="pip install 'autograder[course]'") from error
