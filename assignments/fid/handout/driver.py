"""What is observed inside, beside the student's code. Calls it, returns what came; judges nothing.

Where one TODO uses another, the values that it needs are looked up in a table that came from outside: a wrong square root
costs the points of the square root only. What is not in the table is asked of the student's own function.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


# TODO 1
class Linear(nn.Module):
    """Features are linear in the pixels, and doubled in training mode. Writes down how it was asked."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix, self.sizes, self.shapes, self.kinds = nn.Parameter(matrix.clone()), [], [], []

    def forward(self, x: Tensor) -> Tensor:
        self.sizes.append(len(x))
        self.shapes.append(" x ".join(map(str, x.shape[1:])))
        self.kinds.append(str(x.dtype).removeprefix("torch."))
        f = x.float().flatten(1) @ self.matrix  # (b, D)
        return 2 * f if self.training else f


def seen(student, photos, weights_of_photos) -> Tensor:
    return student.features(Linear(weights_of_photos).eval(), photos, 14, batch_size=5)


def asked(student, photos, weights_of_photos) -> dict[str, Tensor | bool | str | int]:
    """A model that comes in training mode: its features, the batches it saw, whether the features carry gradients."""
    model = Linear(weights_of_photos).train()
    f = student.features(model, photos, 14, batch_size=5)
    counted = {"images": sum(model.sizes), "largest": max(model.sizes, default=0)}
    return {"features": f, **counted, "kinds": ", ".join(sorted(set(model.kinds))), "tracked": f.requires_grad}


def resized(student, large_photos, weights_of_large_photos) -> dict[str, Tensor | str]:
    model = Linear(weights_of_large_photos).eval()
    f = student.features(model, large_photos, 9, batch_size=4)
    return {"features": f, "shapes": ", ".join(sorted(set(model.shapes)))}


# TODO 2
def gaussian(student, rows) -> dict[str, Tensor]:
    return _pair(student.stats(rows))


def distant_gaussian(student, distant_rows) -> dict[str, Tensor]:
    return _pair(student.stats(distant_rows))


def few_gaussian(student, few_rows) -> dict[str, Tensor]:
    """The statistics of four rows, and what the rows are afterwards."""
    given = few_rows.clone()
    return {**_pair(student.stats(given)), "rows": given}


# TODO 3
def square_root(student, matrix) -> Tensor:
    return student.sqrtm_psd(matrix)


def thin_root(student, thin1) -> dict[str, Tensor]:
    """Roots of a covariance of rank 19 in 64 dimensions, and of nothing."""
    return {"thin": student.sqrtm_psd(thin1 @ thin1.T), "zero": student.sqrtm_psd(torch.zeros(5, 5, dtype=torch.float64))}


# TODO 4
def root_trace(student, cov1, cov2, roots) -> Tensor | float:
    student.sqrtm_psd = _looked_up(student.sqrtm_psd, roots)
    return student.trace_sqrt_product(cov1, cov2)


def thin_traces(student, thin1, thin2, thin_roots) -> dict[str, Tensor | float]:
    """Both covariances of low rank, in either order; one of them nothing."""
    student.sqrtm_psd = _looked_up(student.sqrtm_psd, thin_roots)
    first, second = thin1 @ thin1.T, thin2 @ thin2.T
    return {
        "both": student.trace_sqrt_product(first, second),
        "turned": student.trace_sqrt_product(second, first),
        "collapsed": student.trace_sqrt_product(first, torch.zeros_like(first)),
    }


# TODO 5
def distance(student, mean1, cov1, mean2, cov2, trace) -> Tensor | float:
    student.trace_sqrt_product = _looked_up_pair(student.trace_sqrt_product, (cov1, cov2), trace)
    return student.frechet_distance(mean1, cov1, mean2, cov2)


def distance_of_rows(student, real_rows, fake_rows, mean1, cov1, mean2, cov2, trace) -> dict[str, Tensor | float]:
    """Features of 17 and of 29 images, in either order."""
    student.stats = _looked_up_stats(student.stats, [(real_rows, mean1, cov1), (fake_rows, mean2, cov2)])
    student.trace_sqrt_product = _looked_up_pair(student.trace_sqrt_product, (cov1, cov2), trace)
    return {"there": student.fid(real_rows, fake_rows), "back": student.fid(fake_rows, real_rows)}


def distance_when_shifted(student, real_rows, shift, mean1, cov1) -> dict[str, Tensor | float]:
    """A set of features against itself, and against itself shifted."""
    shifted = real_rows + shift
    known = [(real_rows, mean1, cov1), (shifted, mean1 + shift.double(), cov1)]
    student.stats = _looked_up_stats(student.stats, known)
    student.trace_sqrt_product = _looked_up_pair(student.trace_sqrt_product, (cov1, cov1), cov1.trace())
    return {"itself": student.fid(real_rows, real_rows), "shifted": student.fid(real_rows, shifted)}


# TODO 6
def streamed(student, stream) -> dict[str, Tensor]:
    running = student.StreamingStats(4)
    for batch in stream.split([5, 1, 9, 3]):
        running.update(batch)
    return _pair(running.compute())


def streamed_far(student, distant_stream) -> dict[str, Tensor]:
    running = student.StreamingStats(5)
    for batch in distant_stream.split(97):
        running.update(batch)
    return _pair(running.compute())


def streamed_twice(student, two_streams) -> dict[str, Tensor]:
    """Two streams side by side, each asked in the middle and at the end; and what the rows are afterwards."""
    given = two_streams.clone()
    first, second = student.StreamingStats(3), student.StreamingStats(3)
    for running, rows in ((first, given[0]), (second, given[1])):
        running.update(rows[:8])
    half = _pair(first.compute())
    for running, rows in ((second, given[1]), (first, given[0])):
        running.update(rows[8:])
    second.compute()
    found = {"half": half, "first": _pair(first.compute()), "second": _pair(second.compute())}
    return {"rows": given, **{f"{name}_{key}": value for name, pair in found.items() for key, value in pair.items()}}


def streamed_state(student, distant_stream) -> dict[str, int]:
    """How many numbers are kept after 3 batches, and after 60."""
    running, kept = student.StreamingStats(5), []
    for i, batch in enumerate(distant_stream.split(20)):
        running.update(batch)
        if i in (2, 59):
            kept.append(_numbers(vars(running)))
    return {"early": kept[0], "late": kept[1]}


# TODO 7
class Curve:
    """A distance that is known for each number of rows. Writes down what it was asked."""

    def __init__(self, sizes: list[int], values: list[float]) -> None:
        self.values, self.real, self.fake = dict(zip(sizes, values, strict=True)), [], []

    def __call__(self, real: Tensor, fake: Tensor) -> Tensor:
        self.real.append(real.clone())
        self.fake.append(fake.clone())
        n = len(fake) if len(fake) in self.values else len(real)
        return torch.tensor(self.values.get(n, torch.nan), dtype=torch.float64)


def intercept(student, anchors, pool, curve_sizes, curve) -> Tensor | float:
    sizes = curve_sizes.tolist()
    return student.fid_infinity(anchors, pool, sizes, distance=Curve(sizes, curve.tolist()))


def subsets(student, anchors, pool, curve_sizes, curve) -> dict[str, Tensor | list[int]]:
    """Everything that the distance was asked, one call after the other."""
    known = Curve(curve_sizes.tolist(), curve.tolist())
    student.fid_infinity(anchors, pool, curve_sizes.tolist(), distance=known)
    empty = torch.zeros(0, 4)
    return {
        "sizes": [len(fake) for fake in known.fake],
        "fake": torch.cat([empty, *known.fake]),
        "real": torch.cat([empty, *known.real]),
    }


def chosen(student, anchors, pool, seed) -> dict[str, Tensor]:
    """Numbers of the rows in 800 subsets of 4 and 7 out of 12, for two generators and two more with the same seeds."""
    seeds = {"first": 0, "first_again": 0, "second": 1, "second_again": 1}
    return {name: _chosen(student, anchors, pool[:12], int(seed) + more) for name, more in seeds.items()}


# All of it
class Sight(nn.Module):
    """A small network with random weights: cosines of 5 x 5 patches, averaged over each quarter of the image."""

    def __init__(self, filters: Tensor, phases: Tensor) -> None:
        super().__init__()
        self.filters, self.phases = nn.Parameter(filters.clone()), nn.Parameter(phases.clone())

    def forward(self, x: Tensor) -> Tensor:
        h = torch.cos(F.conv2d(x, self.filters, self.phases, stride=2))  # (b, 8, 8, 8) from 20 x 20 pixels
        return 10 * F.avg_pool2d(h, 4).flatten(1)  # (b, 32)


def heldout_scores(student, heldout_photos, filters, phases) -> list[float]:
    return _scores(student, heldout_photos, Sight(filters, phases))


def gallery_scores(student, gallery_photos, filters, phases) -> list[float]:
    return _scores(student, gallery_photos, Sight(filters, phases))


def gallery_bias(student, many_photos, many_sizes, filters, phases) -> dict[str, Tensor | list[float]]:
    """FID against the first set, of the two others, by number of images (means of 8 subsets), and of infinitely many."""
    real, *others = (student.features(Sight(filters, phases), photos, 20) for photos in many_photos)
    generator = torch.Generator().manual_seed(3)
    sizes = many_sizes.tolist()
    drawn = [[torch.randperm(len(real), generator=generator)[:n] for _ in range(8)] for n in sizes]
    scores = [[sum(float(student.fid(real, fake[rows])) for rows in eight) / 8 for eight in drawn] for fake in others]
    ends = [float(student.fid_infinity(real, fake, sizes * 8, generator=generator)) for fake in others]
    return {"scores": torch.tensor(scores), "infinity": ends}


def gallery_root(student, gallery_matrix) -> dict[str, Tensor]:
    """A root, and what it gives when squared."""
    found = student.sqrtm_psd(gallery_matrix)
    return {"root": found, "squared": found @ found}


def _pair(answer) -> dict[str, Tensor]:
    mu, cov = answer
    return {"mu": mu, "cov": cov}


def _close(a, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and float((a - b).abs().max()) <= 1e-5 * float(b.abs().max())


def _looked_up(function, roots: Tensor):
    """sqrtm_psd, answering from a table where it can."""

    def root_of(matrix, *rest, **options):
        for known in roots:
            if _close(matrix, known @ known):
                return known.clone()
        return function(matrix, *rest, **options)

    return root_of


def _looked_up_pair(function, pair: tuple[Tensor, Tensor], trace: Tensor):
    """trace_sqrt_product, answering from a table where it can."""

    def trace_of(a, b, *rest, **options):
        for first, second in (pair, pair[::-1]):
            if _close(a, first) and _close(b, second):
                return trace.clone()
        return function(a, b, *rest, **options)

    return trace_of


def _looked_up_stats(function, table):
    """stats, answering from a table where it can."""

    def stats_of(f, *rest, **options):
        for rows, mean, cov in table:
            if _close(f, rows):
                return mean.clone(), cov.clone()
        return function(f, *rest, **options)

    return stats_of


def _numbers(value) -> int:
    """How many numbers a value holds, however it is packed."""
    if isinstance(value, (list, tuple, set)):
        return sum(_numbers(item) for item in value)
    if isinstance(value, dict):
        return sum(_numbers(item) for item in value.values())
    if hasattr(value, "numel"):
        return value.numel()
    return int(value.size) if hasattr(value, "size") and hasattr(value, "dtype") else 1


def _chosen(student, anchors, pool, seed) -> Tensor:
    known, generator = Curve([4, 7], [40.0, 30.0]), torch.Generator().manual_seed(seed)
    student.fid_infinity(anchors, pool, [4, 7] * 400, distance=known, generator=generator)
    return torch.cat([torch.zeros(0), *(fake[:, 0] for fake in known.fake)]).round().long()


def _scores(student, photos, net) -> list[float]:
    """FID of each set of photographs against the first."""
    rows = [student.features(net, each, 20) for each in photos]
    return [float(student.fid(rows[0], other)) for other in rows[1:]]
