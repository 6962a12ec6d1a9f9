"""What the tests of the metrics share."""

from __future__ import annotations

import torch
from hypothesis import settings
from support import ROOT
from torch import nn

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
DATA = ROOT / "reference_solutions" / "data"


def drawn(seed, n, d, scale=1.0):
    """Features (n, d) float64: correlated, with a mean that is not zero, none negative."""
    rng = torch.Generator().manual_seed(seed)
    mixing = torch.randn(d, d, generator=rng, dtype=torch.float64) / d**0.5
    return (torch.randn(n, d, generator=rng, dtype=torch.float64) @ mixing * scale + torch.randn(d, generator=rng)).relu()


class AsIs(nn.Module):
    """Features that are given instead of images."""

    num_features = 12

    def forward(self, x):
        return x
