"""What is drawn outside, per run. Odd sizes (7, 23, 5), images that are not square, no value that is exactly 0 or 1."""

from __future__ import annotations

import torch


# The networks: shapes and relations, so images of noise will do.
def images(rng):        return torch.rand(7, 1, 28, 28, generator=rng) * 0.98 + 0.01   # (B, 1, 28, 28)
def latents(rng):       return torch.randn(7, 5, generator=rng)                        # (B, Z)


# The loss: a reconstruction and its image, once of the size of a digit, once of another.
def xhat(rng):          return torch.rand(7, 1, 28, 28, generator=rng) * 0.98 + 0.01   # (B, 1, 28, 28)
def x(rng):             return torch.rand(7, 1, 28, 28, generator=rng) * 0.98 + 0.01   # (B, 1, 28, 28)
def odd_xhat(rng):      return torch.randn(5, 3, 9, 4, generator=rng)                  # (B, C, H, W)
def odd_x(rng):         return torch.randn(5, 3, 9, 4, generator=rng)                  # (B, C, H, W)


# One epoch of a model of 30 numbers, xhat = gain * x + offset, in batches of 7, 7 and 4.
def small_images(rng):  return torch.rand(18, 1, 3, 5, generator=rng) * 0.9 + 0.05     # (N, 1, H, W)
def small_labels(rng):  return torch.randint(0, 10, (18,), generator=rng)              # (N,)
def gain(rng):          return torch.randn(15, generator=rng)                          # (HW,)
def offset(rng):        return torch.randn(15, generator=rng)                          # (HW,)


# The table and the walk: a model with known matrices, z = tanh(x A), xhat = sigmoid(z C).
def table_images(rng):  return torch.rand(23, 1, 4, 3, generator=rng) * 0.9 + 0.05     # (N, 1, H, W)
def table_labels(rng):  return torch.randint(0, 10, (23,), generator=rng)              # (N,)
def ends(rng):          return torch.rand(2, 1, 4, 3, generator=rng) * 0.9 + 0.05      # (2, 1, H, W)
def to_code(rng):       return torch.randn(12, 5, generator=rng)                       # (HW, Z)
def to_pixels(rng):     return torch.randn(5, 12, generator=rng) * 2                   # (Z, HW)


def eight_digits(rng, data):
    """Other digits in every run, for learning by heart."""
    every = data.mnist("train").images
    return every[torch.randperm(len(every), generator=rng)[:8]].float() / 255          # (8, 1, 28, 28)


# The trained model. Labels stay outside.
def train_digits(data):     return data.mnist("train").images[:500].float() / 255      # (500, 1, 28, 28)
def heldout_digits(data):   return data.mnist("heldout").images[:500].float() / 255    # (500, 1, 28, 28)
def scored_digits(data):    return data.mnist("heldout").images[:1000].float() / 255   # (1000, 1, 28, 28)
def scored_labels(data):    return data.mnist("heldout").labels[:1000]                 # (1000,)


# The pictures: the same digits in every run.
def map_digits(data):       return data.mnist("train").images[:1000].float() / 255     # (1000, 1, 28, 28)
def map_labels(data):       return data.mnist("train").labels[:1000]                   # (1000,)


def one_of_each(data):
    """The first 0, the first 1, ... the first 9 of the training digits."""
    digits = data.mnist("train")
    first = [int((digits.labels == k).nonzero()[0]) for k in range(10)]
    return digits.images[first].float() / 255                                          # (10, 1, 28, 28)
