"""What images must be before a metric looks at them: a bad range, size or a copy is a failed check that says so, not an FID.

These are comparison helpers for checks: whatever they are given, they raise `CheckFailed` or they give uint8 images back of which
every metric has a value.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import CheckFailed
from autograder.compare import shaped
from autograder.metrics import memorisation
from autograder.metrics.cache import nearest_of

SLACK = 1e-3
"""What float32 may put a value beyond its range, as a share of the range."""
CONTRAST = 4.0
"""Grey levels of 255. Garments have 70 between images and 82 within one, digits 49 and 77; a collapsed or flat set has none."""
DIFFERENT = 0.99
"""Share of the images that must differ. All of 60,000 real ones do."""
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)

Shape = tuple[int, int, int, int]


def generated(
    images: Any, low: float, high: float, shape: Shape, data: Tensor, *, call: str = "the images", whole_range: bool = True
) -> Tensor:
    """All gates that need no threshold: `pixels`, `varied`, `not_copied`."""
    found = pixels(images, low, high, shape, call=call, whole_range=whole_range)
    varied(found, call=call)
    not_copied(found, data, call=call)
    return found


def pixels(
    images: Any, low: float, high: float, shape: Shape, *, call: str = "the images", whole_range: bool = True
) -> Tensor:  # fmt: skip
    """Images (N, C, H, W) of a declared shape and range [low, high] as uint8, rounded; fails for any other.

    `whole_range=False` where the images need not reach both halves of the range.
    """
    _counted(images, shape, call)
    _typed(images, low, high, call)
    answer = shaped(images.detach(), shape, dtype=None, call=call).double()
    least, most = float(answer.min()), float(answer.max())
    slack, middle = SLACK * (high - low), (low + high) / 2
    if not (low - slack <= least and most <= high + slack):
        _fail(call, f"values in [{low:g}, {high:g}]", f"values from {least:.4g} to {most:.4g}", _range(least, most))
    if whole_range and not least < middle < most:
        got = f"values from {least:.4g} to {most:.4g}"
        _fail(call, f"values on both sides of {middle:g}", got, _range(least, most))
    return ((answer - low) / (high - low) * 255).round().clamp(0, 255).to(torch.uint8)


def varied(images: Tensor, *, at_least: float = DIFFERENT, contrast: float = CONTRAST, call: str = "the images") -> None:
    """Not one image many times, not nearly so, and no flat areas: most images differ, and their pixels do."""
    n, found = len(images), memorisation.unique(images)
    if found < at_least * n:
        cause = "does the model ignore its noise, or has it collapsed to a few images?"
        _fail(call, f"{n} different images", f"{found}", cause)
    rows = images.double().flatten(1)  # (N, P)
    between, within = float(rows.std(0).mean()) if n > 1 else contrast, float(rows.std(1).mean())
    if not between >= contrast:
        what = f"images that differ by {contrast:g} grey levels of 255 or more (standard deviation over images, mean of pixels)"
        _fail(call, what, f"{between:.2g}", "has the model collapsed to one image?")
    if not within >= contrast:
        what = f"a contrast of {contrast:g} grey levels of 255 or more (standard deviation within an image, mean of images)"
        _fail(call, what, f"{within:.2g}", "is each image one flat grey?")


def not_copied(images: Tensor, data: Tensor, *, call: str = "the images") -> None:
    """No image is, byte for byte, one of the data."""
    found = memorisation.copies(images, data)
    if found:
        cause = "a generator makes images, it does not give training images back"
        _fail(call, "new images", f"{found} of {len(images)} that are in the data", cause)


def not_memorised(images: Tensor, data: Tensor, limit: float, *, call: str = "the images") -> None:
    """No more images lie next to a training image, also a shifted or flipped one, than chance allows.

    `limit`: `real_draws.tail_limit(name)`. 200 images are enough, and take 2 s beside 8,000.
    """
    found, allowed = int((nearest_of(images, data) < limit).sum()), memorisation.most_by_chance(len(images))
    if found > allowed:
        cause = "training images, perhaps shifted, flipped or with a little noise?"
        _fail(call, f"at most {allowed} of {len(images)} images as near to a training image as a copy", f"{found}", cause)


def _counted(images: Any, shape: Shape, call: str) -> None:
    """A dense tensor of this many images of this size; `shaped` says so of any other rank."""
    if not isinstance(images, Tensor) or images.dim() != 4:
        shaped(images, shape, dtype=None, call=call)
    if images.layout != torch.strided:
        _fail(call, "an ordinary tensor", f"a {str(images.layout).removeprefix('torch.')} one", "")
    if images.shape[1:] != shape[1:]:
        want, got = _size(shape), _size(images.shape)
        swapped = sorted(images.shape[1:]) == sorted(shape[1:])
        _fail(call, f"images of {want}", f"images of {got}", "is the channel in the wrong place?" if swapped else "")
    if len(images) != shape[0]:
        _fail(call, f"{shape[0]} images", f"{len(images)}", "too few" if len(images) < shape[0] else "too many")


def _typed(images: Tensor, low: float, high: float, call: str) -> None:
    """A floating type, or the bytes of the range [0, 255]."""
    if images.dtype in FLOATS or (images.dtype == torch.uint8 and (low, high) == (0, 255)):
        return
    want = "uint8 or float32" if (low, high) == (0, 255) else "float32"
    cause = f"images of bytes, where numbers in [{low:g}, {high:g}] belong?" if images.dtype == torch.uint8 else ""
    _fail(call, f"dtype {want}", str(images.dtype).removeprefix("torch."), cause)


def _range(least: float, most: float) -> str:
    """The range that these values look like."""
    for low, high, cause in (
        (0, 1, "are the images in [0, 1]?"),
        (-1, 1, "are the images in [-1, 1]?"),
        (0, 255, "are the images in [0, 255]?"),
    ):
        if low - 1e-3 <= least and most <= high + 1e-3 and most - least > (high - low) / 4:
            return cause
    return "is the last activation missing, or another one than the range needs?"


def _size(shape: torch.Size | tuple[int, ...]) -> str:
    return " x ".join(map(str, shape[1:]))


def _fail(call: str, expected: str, got: str, cause: str) -> None:
    raise CheckFailed(f"{call}: expected {expected}, got {got}", cause=cause)
