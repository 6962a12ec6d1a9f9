"""Precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991), density and coverage (Naeem et al. 2020, arXiv:2002.09797).

A set of features stands for the balls around its points that reach to the k-th nearest neighbour. The real set is frozen: another
one of the same size moves these numbers by more than training with another seed does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.errors import MetricError
from autograder.metrics.gaussian import as_features

NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Manifold:
    """Points (N, D) float64 and the distance of each to its k-th neighbour (N,), itself not counted."""

    points: Tensor
    radii: Tensor
    k: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """What each of M generated points has to do with the balls of N real ones."""

    real_balls: Tensor
    """(M,): in how many real balls the generated point lies."""
    reaching: Tensor
    """(N,): in how many generated balls the real point lies."""
    holding: Tensor
    """(N,): how many generated points the real point's ball holds."""
    only_reach: Tensor
    """(M,): how many real points lie in this generated ball and in no other."""
    only_held: Tensor
    """(M,): how many real balls hold this generated point and no other."""
    k: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The four numbers."""

    precision: float
    """Share of generated points in a real ball: quality."""
    recall: float
    """Share of real points in a generated ball: variety."""
    density: float
    """Mean number of real balls a generated point is in, over k; near 1 for right samples, and not fooled by outliers."""
    coverage: float
    """Share of real balls that hold a generated point."""


def manifold(features: Tensor, k: int = NEIGHBOURS) -> Manifold:
    """The balls of these features (N, D), N > k."""
    points = as_features(features)
    if not 1 <= k < len(points):
        raise MetricError(f"features: expected more than k = {k} rows, got {len(points)}")
    # The distance of a point to itself is the smallest of its row, so the k-th neighbour is number k + 1.
    parts = torch.split(points, 1000)
    return Manifold(points, torch.cat([distances(part, points).kthvalue(k + 1, dim=1).values for part in parts]), k)


def overlap(real: Manifold, generated: Manifold) -> Overlap:
    """Who lies in whose ball; the boundary counts as inside, as in the papers."""
    if real.points.shape[1] != generated.points.shape[1]:
        shapes = f"{tuple(real.points.shape)} and {tuple(generated.points.shape)}"
        raise MetricError(f"features: expected one width, got {shapes}: were two encoders used?")
    between = distances(real.points, generated.points)  # (N, M)
    in_real = between <= real.radii[:, None]  # (N, M)
    in_generated = between <= generated.radii[None, :]  # (N, M)
    return Overlap(
        real_balls=in_real.sum(0), reaching=in_generated.sum(1), holding=in_real.sum(1),
        only_reach=_alone(in_generated), only_held=_alone(in_real), k=real.k,
    )  # fmt: skip


def coverage(real: Manifold, generated: Manifold) -> Coverage:
    """Precision, recall, density and coverage."""
    return coverage_of(overlap(real, generated))


def coverage_of(found: Overlap) -> Coverage:
    """The four numbers of an overlap."""
    return Coverage(
        precision=float((found.real_balls > 0).double().mean()),
        recall=float((found.reaching > 0).double().mean()),
        density=float(found.real_balls.double().mean() / found.k),
        coverage=float((found.holding > 0).double().mean()),
    )


def _alone(inside: Tensor) -> Tensor:
    """Of (N, M) truth values, (M,): how many rows have this column and no other."""
    rows = inside[inside.sum(1) == 1]
    return rows.sum(0)


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (N, M), exact: the faster way by inner products puts equal rows apart."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
