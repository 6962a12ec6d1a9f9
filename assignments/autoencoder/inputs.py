"""What is drawn outside, per run. Odd sizes (7, 23, 5), images that are not square, no value that is exactly 0 or 1."""

from __future__ import annotations

import torch

# The networks: they are judged by shapes and relations, so images of noise will do.


def images(rng):
    """(7, 1, 28, 28)"""
    return torch.rand(7, 1, 28, 28, generator=rng) * 0.98 + 0.01


def latents(rng):
    """(7, 5)"""
    return torch.randn(7, 5, generator=rng)


# The loss: a reconstruction and its image, once of the size of a digit, once of another.


def xhat(rng):
    """(7, 1, 28, 28)"""
    return torch.rand(7, 1, 28, 28, generator=rng) * 0.98 + 0.01


def x(rng):
    """(7, 1, 28, 28)"""
    return torch.rand(7, 1, 28, 28, generator=rng) * 0.98 + 0.01


def odd_xhat(rng):
    """(5, 3, 9, 4)"""
    return torch.randn(5, 3, 9, 4, generator=rng)


def odd_x(rng):
    """(5, 3, 9, 4)"""
    return torch.randn(5, 3, 9, 4, generator=rng)


# One epoch of a model of 30 numbers, xhat = gain * x + offset, in batches of 7, 7 and 4.


def small_images(rng):
    """(18, 1, 3, 5)"""
    return torch.rand(18, 1, 3, 5, generator=rng) * 0.9 + 0.05


def small_labels(rng):
    """(18,)"""
    return torch.randint(0, 10, (18,), generator=rng)


def gain(rng):
    """(15,), one for each pixel"""
    return torch.randn(15, generator=rng)


def offset(rng):
    """(15,), one for each pixel"""
    return torch.randn(15, generator=rng)


# The table and the walk: a model with known matrices, z = tanh(x A), xhat = sigmoid(z C).


def table_images(rng):
    """(23, 1, 4, 3)"""
    return torch.rand(23, 1, 4, 3, generator=rng) * 0.9 + 0.05


def table_labels(rng):
    """(23,)"""
    return torch.randint(0, 10, (23,), generator=rng)


def ends(rng):
    """(2, 1, 4, 3): two images to walk between"""
    return torch.rand(2, 1, 4, 3, generator=rng) * 0.9 + 0.05


def to_code(rng):
    """A: (12, 5)"""
    return torch.randn(12, 5, generator=rng)


def to_pixels(rng):
    """C: (5, 12)"""
    return torch.randn(5, 12, generator=rng) * 2


def eight_digits(rng, data):
    """(8, 1, 28, 28): others in every run, for learning by heart"""
    every = data.mnist("train").images
    return every[torch.randperm(len(every), generator=rng)[:8]].float() / 255


# The trained model. The labels stay outside.


def train_digits(data):
    """(500, 1, 28, 28): not the first 500, which train.py keeps back"""
    return data.mnist("train").images[500:1000].float() / 255


def heldout_digits(data):
    """(500, 1, 28, 28)"""
    return data.mnist("heldout").images[:500].float() / 255


def scored_digits(data):
    """(1000, 1, 28, 28)"""
    return data.mnist("heldout").images[:1000].float() / 255


def scored_labels(data):
    """(1000,)"""
    return data.mnist("heldout").labels[:1000]


# The pictures: the same training digits in every run.


def map_digits(data):
    """(1000, 1, 28, 28)"""
    return data.mnist("train").images[:1000].float() / 255


def map_labels(data):
    """(1000,)"""
    return data.mnist("train").labels[:1000]


def one_of_each(data):
    """(10, 1, 28, 28): the first 0, the first 1, ... the first 9"""
    digits = data.mnist("train")
    first = [int((digits.labels == k).nonzero()[0]) for k in range(10)]
    return digits.images[first].float() / 255
