"""The real images that a number is relative to, frozen and with a digest: another subset of the same data gives other numbers.

FID takes the Gaussian, of as many real images as there are; KID, precision, recall, density and coverage take the images: of
2,000, because these numbers depend on how many there are. With another 2,000 precision moved by up to ten standard deviations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from autograder.errors import MetricError
from autograder.metrics import cache
from autograder.metrics.encoder import Encoder
from autograder.metrics.gaussian import Gaussian, gaussian_from

COUNT = 2000


@dataclass(frozen=True)
class Reference:
    """Made by `stored` (the judge's) or `of_images` (the training images that a student has)."""

    gaussian: Gaussian = field(repr=False)
    images: Tensor = field(repr=False)
    """(M, C, H, W) uint8."""
    digest: str
    """SHA-256 over the encoder's digest and those of the images, both those of the Gaussian and those of the subset."""


def stored(statistics: Mapping[str, Tensor], images: Tensor, encoder: Encoder) -> Reference:
    """From `data.statistics(name)` and the frozen images; MetricError when the statistics are of another encoder's features."""
    made_with = _text(statistics["encoder"])
    if made_with != encoder.digest:
        raise MetricError(
            f"statistics: made with the encoder {made_with[:12]}, asked for with {encoder.name} {encoder.digest[:12]}",
            hint="run reference_solutions/data/statistics/make.py again",
        )
    return Reference(gaussian_from(statistics), images, _digest(encoder, _text(statistics["images"]), cache.digest(images)))


def of_images(images: Tensor, encoder: Encoder, count: int = COUNT) -> Reference:
    """Gaussian of all of these images, and the first `count` of them."""
    subset = images[:count]
    return Reference(cache.gaussian_of(encoder, images), subset, _digest(encoder, cache.digest(images), cache.digest(subset)))


def _text(digest: Tensor) -> str:
    """A stored digest, (32,) uint8, in hexadecimal."""
    return bytes(digest.tolist()).hex()


def _digest(encoder: Encoder, of_gaussian: str, of_subset: str) -> str:
    return hashlib.sha256(f"{encoder.digest} {of_gaussian} {of_subset}".encode()).hexdigest()
