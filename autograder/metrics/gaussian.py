"""Features as a Gaussian: mean and covariance in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.errors import MetricError


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Mean (D,) and covariance (D, D), float64, of `n` feature vectors."""

    mean: Tensor
    cov: Tensor
    n: int

    @property
    def variance(self) -> float:
        """Trace of the covariance: the scale by which a distance can be read."""
        return float(self.cov.diagonal().sum())


def gaussian(features: Tensor) -> Gaussian:
    """The Gaussian of these features (N, D), with 1/(N-1). MetricError for fewer than two rows or values that are not finite."""
    rows = as_features(features)
    if len(rows) < 2:
        raise MetricError(f"features: expected at least 2 rows, got {len(rows)}")
    mean = rows.mean(0)
    centred = rows - mean
    return Gaussian(mean, centred.T @ centred / (len(rows) - 1), len(rows))


def gaussian_from(statistics: Mapping[str, Tensor]) -> Gaussian:
    """The Gaussian of stored `mean`, `cov` and `n`, as `data.statistics(name)` gives them."""
    return Gaussian(statistics["mean"].double(), statistics["cov"].double(), int(statistics["n"]))


def as_features(features: Tensor) -> Tensor:
    """(N, D) in float64, finite. MetricError otherwise."""
    if features.dim() != 2 or features.numel() == 0:
        raise MetricError(f"features: expected (N, D), got {tuple(features.shape)}")
    rows = features.detach().to(torch.float64)
    if not bool(torch.isfinite(rows).all()):
        raise MetricError("features: expected finite numbers, got NaN or infinite ones")
    return rows
