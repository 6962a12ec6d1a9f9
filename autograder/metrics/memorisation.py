"""Copies of training images among generated ones: by the bytes, and by a count of images that lie suspiciously near.

FID rewards copying. A shift of the mean nearest-neighbour distance (as in MiFID, or the test of Meehan et al. 2020) accuses an
honest, blurry model, whose images lie nearer to training images than real ones do. So it is the tail that counts: images nearer
to the training set than all but a thousandth of held-out real images are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.errors import MetricError
from autograder.metrics.gaussian import as_features

TAIL = 0.001
SHIFT = 2


def unique(images: Tensor) -> int:
    """How many of these uint8 images (N, C, H, W) differ from each other."""
    return len(hashes(images))


def copies(images: Tensor, data: Tensor) -> int:
    """How many of these uint8 images are, byte for byte, among `data`; a shifted or flipped copy is found by `near_copies`."""
    known = hashes(data)
    return sum(one in known for one in _bytes(images))


def hashes(images: Tensor) -> set[bytes]:
    """The distinct images as bytes; no distance is computed, because in floating point equal images may lie apart."""
    return set(_bytes(images))


def nearest(queries: Tensor, data: Tensor, *, shift: int = SHIFT, device: str = "cpu", chunk: int = 256) -> Tensor:
    """(N,): RMS distance in grey levels of each uint8 image to the nearest of `data`, the least over flips and small shifts.

    Exact, so that no count depends on threads or processor: pixels less 128 are whole numbers, and so is each partial sum.
    """
    _same_kind(queries, data)
    exact = data[0].numel() * 128**2 < 2**24  # largest sum that float32 holds as a whole number
    real, whole = (torch.float32, torch.int32) if exact else (torch.float64, torch.int64)
    rows = (data.to(device).flatten(1).to(real) - 128).T  # (P, M)
    lengths = rows.to(whole).square().sum(0, dtype=whole)  # (M,)
    best = torch.full((len(queries),), torch.iinfo(whole).max, dtype=whole)
    for moved in _moved(queries, shift):
        parts = torch.split(moved.to(device).flatten(1).to(real) - 128, chunk)  # (chunk, P)
        best = torch.minimum(best, torch.cat([_least(part, rows, lengths) for part in parts]).cpu())
    return (best.double() / len(rows)).sqrt()


def tail_limit(held_out: Tensor, data: Tensor, *, shift: int = SHIFT, device: str = "cpu") -> float:
    """The distance below which only `TAIL` of honest images lie, from real images that nobody trained on."""
    return float(nearest(held_out, data, shift=shift, device=device).quantile(TAIL))


def near_copies(queries: Tensor, data: Tensor, limit: float, *, shift: int = SHIFT, device: str = "cpu") -> int:
    """How many generated images lie nearer to the training data than honest ones do; see `most_by_chance`."""
    return int((nearest(queries, data, shift=shift, device=device) < limit).sum())


def most_by_chance(n: int, *, rate: float = TAIL, error: float = 1e-9) -> int:
    """The largest count that n honest images reach with a probability above `error` (Poisson)."""
    mean, count = n * rate, 0
    term = math.exp(-mean)  # of exactly `count`
    tail = 1 - term  # of more than `count`
    while tail > error:
        count += 1
        term *= mean / count
        tail -= term
    return count


def mifid_distance(generated: Tensor, training: Tensor) -> float:
    """Mean over generated features (N, D) of the least cosine distance to training features: shown, never judged.

    It is the memorisation part of MiFID, averaged over generated images as its authors write. An honest blurry model scores worse
    on it than a real image, so no threshold separates.
    """
    a, b = F.normalize(as_features(generated), dim=1), F.normalize(as_features(training), dim=1)
    return float((1 - a @ b.T).min(1).values.mean())


def _bytes(images: Tensor) -> Iterator[bytes]:
    if images.dtype != torch.uint8:
        raise MetricError(f"images: expected uint8, got {images.dtype}", hint="copies are found by their bytes")
    return (one.contiguous().numpy().tobytes() for one in images)


def _same_kind(queries: Tensor, data: Tensor) -> None:
    kinds = [(each.dtype, tuple(each.shape[1:])) for each in (queries, data)]
    if kinds[0] != kinds[1] or queries.dtype != torch.uint8 or queries.dim() != 4 or not queries.numel() or not len(data):
        shown = " and ".join(f"{each.dtype} {tuple(each.shape)}" for each in (queries, data))
        raise MetricError(f"images: expected two sets of uint8 images (N, C, H, W) of one size, got {shown}")


def _least(queries: Tensor, rows: Tensor, lengths: Tensor) -> Tensor:
    """(B,): least squared distance of queries (B, P) to the columns of `rows` (P, M), a whole number."""
    products = (queries @ rows).to(lengths.dtype)  # (B, M)
    own = queries.to(lengths.dtype).square().sum(1, dtype=lengths.dtype)
    return (lengths - 2 * products).min(1).values + own


def _moved(images: Tensor, shift: int) -> Iterator[Tensor]:
    """Each image as it is, shifted and flipped; what comes in at the border is the border's own value."""
    padded = F.pad(images.float(), (shift,) * 4, mode="replicate").to(torch.uint8)
    height, width = images.shape[-2:]
    for y in range(2 * shift + 1):
        for x in range(2 * shift + 1):
            one = padded[..., y : y + height, x : x + width]
            yield one
            yield one.flip(-1)
