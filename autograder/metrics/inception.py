"""Inception Score: exp of the mean KL from each image's class probabilities to their mean.

Salimans et al. 2016, arXiv:1606.03498, section 4.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.metrics.gaussian import as_features


def inception_score(logits: Tensor) -> float:
    """Between 1 and K, from classifier logits (N, K). One split: no random permutation, no bias by the number of splits."""
    return float(contributions(logits).mean().exp())


def contributions(logits: Tensor) -> Tensor:
    """(N,): each image's KL to the marginal.

    In log space and float64: a class that no image has, or a logit far below the others, is 0 times a finite number and not NaN.
    """
    log_p = as_features(logits).log_softmax(1)  # (N, K)
    log_marginal = log_p.logsumexp(0) - math.log(len(log_p))  # (K,)
    p = log_p.exp()
    return torch.where(p > 0, p * (log_p - log_marginal), torch.zeros_like(p)).sum(1)
