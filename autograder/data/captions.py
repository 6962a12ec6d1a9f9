"""Captioned images for text-to-image work: Fashion-MNIST, bright or dark, large or small, tilted or upright, framed or plain.

Takes labelled images and a generator, gives changed images and captions that are true of them. The grammar is closed: 160
captions, such as `a dark small upright bag` and `a bright large tilted dress in a frame`. Pixels alone tell three attributes.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.data import CLASSES
from autograder.errors import DataError

NAMES = CLASSES["fashion_mnist"]
SIZE = 28
MARGIN = 2
"""Ring of pixels that the garment never touches: the outer one holds the frame, the inner one keeps it apart."""
FRAME = 255
BRIGHT, DARK = (155.0, 185.0), (55.0, 75.0)
"""Mean grey level of the garment, drawn from this range."""
LARGE, SMALL = (0.80, 0.86), (0.50, 0.56)
"""Zoom; 1 is the stored image, whose longer side fills the canvas."""
TILT = (20.0, 35.0)
"""Degrees, to either side."""
FOREGROUND = 24
"""A pixel above this belongs to the garment."""
BRIGHT_FROM, LARGE_FROM, FRAMED_FROM = 108.0, 17.0, 0.5
"""Between the two values of each attribute, as `brightness`, `extent` and `frame` measure it."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a caption says."""

    name: str
    """One of the ten classes."""
    bright: bool
    large: bool
    tilted: bool
    framed: bool

    @property
    def caption(self) -> str:
        """The sentence; `parse` undoes it."""
        words = ("bright" if self.bright else "dark", "large" if self.large else "small")
        turn = "tilted" if self.tilted else "upright"
        return f"a {' '.join(words)} {turn} {self.name}{' in a frame' if self.framed else ''}"


_ALL = [Attributes(name, *flags) for name in NAMES for flags in itertools.product((False, True), repeat=4)]
_SENTENCES = {made.caption.lower(): made for made in _ALL}


def all_captions() -> list[str]:
    """The 160 sentences of the grammar, class by class."""
    return [made.caption for made in _ALL]


def parse(caption: str) -> Attributes:
    """What the caption says; DataError for a sentence that is not of the grammar."""
    found = _SENTENCES.get(" ".join(caption.lower().split()))
    if found is None:
        raise DataError(
            f"caption {caption!r}: expected `a bright|dark large|small tilted|upright CLASS`, with or without ` in a frame`",
            hint=f"the classes are {', '.join(NAMES)}",
        )
    return found


def captioned(images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, list[str]]:
    """(N, 1, 28, 28) uint8 and labels -> changed images of the same shape, and their captions. The generator decides both."""
    flags = torch.rand(len(images), 4, generator=generator) < 0.5  # bright, large, tilted, framed
    made = rendered(images, flags, generator)
    return made, [Attributes(NAMES[int(k)], *map(bool, row)).caption for k, row in zip(labels, flags.tolist(), strict=True)]


def rendered(images: Tensor, flags: Tensor, generator: torch.Generator) -> Tensor:
    """The images as the flags (N, 4) say: bright, large, tilted, framed. Zoom, angle and grey level vary in their ranges."""
    where = torch.rand(3, len(images), generator=generator)  # place within each range
    bright, large, tilted, framed = flags.unbind(1)
    zoom = torch.where(large, _within(LARGE, where[0]), _within(SMALL, where[0]))
    side = torch.where(torch.rand(len(images), generator=generator) < 0.5, -1.0, 1.0)
    angle = torch.where(tilted, side * _within(TILT, where[1]), 0.0)
    level = torch.where(bright, _within(BRIGHT, where[2]), _within(DARK, where[2]))
    inner = _lit(_moved(images.float(), zoom, angle), level)
    made = torch.zeros_like(inner)
    made[..., MARGIN:-MARGIN, MARGIN:-MARGIN] = inner[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
    return torch.where(_ring() & framed.view(-1, 1, 1, 1), float(FRAME), made).round().to(torch.uint8)


def brightness(images: Tensor) -> Tensor:
    """(N,) mean grey level of the garment's pixels, 0..255; 0 where there is no garment."""
    inner = _inner(images)
    mask = inner > FOREGROUND
    return (inner * mask).sum((1, 2)) / mask.sum((1, 2)).clamp(min=1)


def extent(images: Tensor) -> Tensor:
    """(N,) length of the garment along its principal axis, in pixels: of a bar or a box its longer side, however it is turned.

    A bounding box would call a small tilted pullover large.
    """
    mask = (_inner(images) > FOREGROUND).float()
    count = mask.sum((1, 2)).clamp(min=1)
    place = torch.arange(mask.shape[-1], dtype=torch.float32)
    x, y = place.view(1, 1, -1), place.view(1, -1, 1)

    def mean(value: Tensor) -> Tensor:
        return (mask * value).sum((1, 2)) / count

    xx, yy, xy = mean(x * x) - mean(x) ** 2, mean(y * y) - mean(y) ** 2, mean(x * y) - mean(x) * mean(y)
    largest = (xx + yy) / 2 + ((xx - yy) ** 2 / 4 + xy**2).clamp(min=0).sqrt()  # eigenvalue of the 2 x 2 covariance
    return (12 * largest.clamp(min=0)).sqrt()  # a bar of length L has the variance L^2 / 12


def frame(images: Tensor) -> Tensor:
    """(N,) mean of the outermost ring of pixels, 0..1."""
    return images[:, 0].float()[:, _ring()].mean(1) / FRAME


def measured(images: Tensor) -> dict[str, Tensor]:
    """Attribute -> (N,) bool, as far as pixels alone tell: bright, large, framed. Whether it is tilted an encoder must say."""
    return {
        "bright": brightness(images) > BRIGHT_FROM,
        "large": extent(images) > LARGE_FROM,
        "framed": frame(images) > FRAMED_FROM,
    }


def _inner(images: Tensor) -> Tensor:
    return images[:, 0, MARGIN:-MARGIN, MARGIN:-MARGIN].float()  # (N, 24, 24)


def _ring() -> Tensor:
    ring = torch.ones(SIZE, SIZE, dtype=torch.bool)
    ring[1:-1, 1:-1] = False
    return ring


def _within(bounds: tuple[float, float], place: Tensor) -> Tensor:
    return bounds[0] + (bounds[1] - bounds[0]) * place


def _moved(pixels: Tensor, zoom: Tensor, angle: Tensor) -> Tensor:
    """Zoomed and turned about the centre; black outside the stored image."""
    cos, sin = torch.cos(angle * math.pi / 180) / zoom, torch.sin(angle * math.pi / 180) / zoom
    none = torch.zeros_like(zoom)
    affine = torch.stack([torch.stack([cos, sin, none], 1), torch.stack([-sin, cos, none], 1)], 1)  # (N, 2, 3)
    grid = F.affine_grid(affine, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _lit(pixels: Tensor, level: Tensor) -> Tensor:
    """Scaled so that the garment's mean grey level is about `level`; what would be brighter than white is white."""
    mask = pixels > FOREGROUND
    mean = (pixels * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp(min=1)
    return (pixels * (level / mean.clamp(min=1)).view(-1, 1, 1, 1)).clamp(0, 255)
