"""Kernel distance (KID): the unbiased squared MMD with the kernel (gamma x.y + 1)^3 (Binkowski et al. 2018, arXiv:1801.01401)."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from autograder.errors import MetricError
from autograder.metrics.gaussian import as_features


@dataclass(frozen=True, slots=True)
class Kernel:
    """The distance, and what each generated image has to do with it."""

    distance: float
    contributions: Tensor
    """(N,): mean kernel of a row of the first set to the others of its set, less that to the second set."""


def kernel_distance(a: Tensor, b: Tensor, *, unit_length: bool = True) -> float:
    """One U-statistic over all of two feature sets (N, D) and (M, D); negative values are noise around 0.

    `unit_length` divides each vector by its length first (gamma = 1), which takes most of the noise away; False is the paper's
    KID (gamma = 1/D). One statistic over everything, not a mean over random subsets: no draw, and a fraction of the spread.
    """
    return kernel_of(a, b, unit_length=unit_length).distance


def kernel_of(a: Tensor, b: Tensor, *, unit_length: bool = True) -> Kernel:
    """The same with the contributions of the first set."""
    first, second = as_features(a), as_features(b)
    if min(len(first), len(second)) < 2 or first.shape[1] != second.shape[1]:
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise MetricError(f"features: expected two sets of at least 2 rows and one width, got {shapes}")
    if unit_length:
        first, second = F.normalize(first, dim=1), F.normalize(second, dim=1)
    gamma = 1.0 if unit_length else 1 / first.shape[1]
    own, other = _to_others(first, gamma), _kernel(first, second, gamma).mean(1)  # (N,), (N,)
    return Kernel(float(own.mean() + _to_others(second, gamma).mean() - 2 * other.mean()), own - other)


def _kernel(a: Tensor, b: Tensor, gamma: float) -> Tensor:
    return (gamma * (a @ b.T) + 1.0).pow(3)


def _to_others(rows: Tensor, gamma: float) -> Tensor:
    """(N,): mean kernel of each row to the other rows."""
    kernel = _kernel(rows, rows, gamma)
    return (kernel.sum(1) - kernel.diagonal()) / (len(rows) - 1)
