"""How far an estimate would move with another draw of as many images: its standard error.

To first order an estimate moves by the mean of what each image contributes, so its variance is that of the contributions over
N. For FID and KID this falls to nothing as the two sets become alike, and what remains is of second order. There a bootstrap adds
the bias of FID once more and doubles the spread; draws of real images say it, from the record (`real_draws`). `Draws.beside`
joins the two: it is the record's for real images, and the formula's far from them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from autograder.metrics.gaussian import Gaussian, as_features
from autograder.metrics.inception import contributions
from autograder.metrics.kernel import Kernel
from autograder.metrics.manifold import Overlap


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws of N real images: mean and standard deviation of a metric, and the mean of its first-order formula."""

    mean: float
    sd: float
    formula: float

    def beside(self, formula: float) -> float:
        """Standard error where the formula gives `formula`: what it adds to the spread of real draws, as variances."""
        return math.sqrt(self.sd**2 + max(0.0, formula**2 - self.formula**2))


def of_fid(features: Tensor, own: Gaussian, reference: Gaussian) -> float:
    """From the differential of d^2: 2 (m1 - m2) . dm1 + tr((I - T) dC1), T the map that carries the one Gaussian to the other."""
    centred = as_features(features) - own.mean  # (N, D)
    bent = centred - centred @ transport(own.cov, reference.cov)
    return _error(2 * centred @ (own.mean - reference.mean) + (centred * bent).sum(1))


def transport(a: Tensor, b: Tensor) -> Tensor:
    """The symmetric T (D, D) with T A T = B: A^(-1/2) (A^(1/2) B A^(1/2))^(1/2) A^(-1/2), on the range of A."""
    values, vectors = torch.linalg.eigh(a)
    kept = values > 1e-10 * values.max().clamp(min=1e-300)
    root = values.clamp(min=0).sqrt()
    inverse = torch.where(kept, 1 / torch.where(kept, root, torch.ones_like(root)), torch.zeros_like(root))
    inner = (vectors * root).T @ b @ (vectors * root)  # in the eigenbasis of A
    inner_values, inner_vectors = torch.linalg.eigh((inner + inner.T) / 2)
    middle = (inner_vectors * inner_values.clamp(min=0).sqrt()) @ inner_vectors.T
    made: Tensor = (vectors * inverse) @ middle @ (vectors * inverse).T
    return made


def of_kid(found: Kernel) -> float:
    """Twice the spread of each image's mean kernel to its own set less that to the real one."""
    return _error(2 * found.contributions)


def of_inception_score(logits: Tensor) -> float:
    """It is exp of a mean of KLs; what an image adds to the marginal is of second order."""
    kl = contributions(logits)
    return float(kl.mean().exp()) * _error(kl)


def of_coverage(found: Overlap) -> dict[str, float]:
    """Precision and density are means over generated images; recall and coverage by what would be lost without each of them.

    As shares of independent draws, recall and coverage came out too certain, recall up to four times: a few stray images, whose
    balls are large, decide how many real ones are reached.
    """
    m, n = len(found.real_balls), len(found.reaching)
    return {
        "precision": _error((found.real_balls > 0).double()),
        "recall": _error(found.only_reach.double() * m / n),
        "density": _error(found.real_balls.double() / found.k),
        "coverage": _error(found.only_held.double() * m / n),
    }


def _error(contributions: Tensor) -> float:
    return float(contributions.std()) / math.sqrt(len(contributions))


def as_dict(draws: Draws) -> dict[str, float]:
    """As the record holds it."""
    return {name: float(f"{value:.6g}") for name, value in asdict(draws).items()}
