"""Frechet distance of two Gaussians: FID when they are of Inception features (Heusel et al. 2017, arXiv:1706.08500, section 3).

    d^2 = |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2))

The trace needs no square root of a matrix: with C1 = L L^T the eigenvalues of C1 C2 are those of the symmetric L^T C2 L, so they
are real, and a singular covariance (fewer images than dimensions, a collapsed generator) is no special case.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.errors import MetricError
from autograder.metrics.gaussian import Gaussian


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """The squared distance d^2 that is reported as FID, at least 0. Biased upwards by about c/N: compare at one N only."""
    if a.mean.shape != b.mean.shape:
        raise MetricError(f"features: {a.mean.numel()} and {b.mean.numel()} dimensions: were two encoders used?")
    shift = (a.mean - b.mean).square().sum()
    distance = shift + a.cov.diagonal().sum() + b.cov.diagonal().sum() - 2 * trace_sqrt_product(a.cov, b.cov)
    return max(0.0, float(distance))


def trace_sqrt_product(a: Tensor, b: Tensor) -> Tensor:
    """tr((A B)^(1/2)) of two positive semi-definite (D, D) matrices, float64."""
    factor = _factor(a)
    symmetric = factor.T @ b @ factor
    values: Tensor = torch.linalg.eigvalsh((symmetric + symmetric.T) / 2)
    return values.clamp(min=0).sqrt().sum()


def _factor(cov: Tensor) -> Tensor:
    """L with L L^T = C: Cholesky, four times as fast, where C is safely positive definite; else by eigenvectors."""
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(cov)
    if int(failed) == 0 and bool(torch.isfinite(factor).all()):
        return factor
    values, vectors = torch.linalg.eigh(cov)
    factor = vectors * values.clamp(min=0).sqrt()
    return factor
