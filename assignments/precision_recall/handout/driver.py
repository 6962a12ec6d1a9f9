"""What is observed inside, beside the student's code. Calls it, returns what came; judges nothing.

A TODO that builds on another one gets it right: `_given` puts distances and radii into the module that are computed here, so
that a wrong radius costs the points of TODO 2 and not those of all that follow. `report` comes beside the student's own
functions, and only the photographs run everything as it was handed in.
"""

from __future__ import annotations

import numpy
import torch
from torch import Tensor

K = (1, 3, 6)


# TODO 1
def narrow(student, left, right) -> dict[str, Tensor]:
    """All rows; one row of a; one row of b; the other way round; one feature only, and the same feature beside zeros."""
    thin, flat = (torch.cat([t[:, :1], 0 * t[:, :1]], 1) for t in (left, right))
    return {
        "whole": student.distances(left, right),
        "one_row": student.distances(left[2:3], right),
        "one_column": student.distances(left, right[1:2]),
        "turned": student.distances(right, left),
        "one_feature": student.distances(left[:, :1], right[:, :1]),
        "beside_zeros": student.distances(thin, flat),
    }


def apart(student, left, right) -> Tensor:
    return student.distances(left, right)


def far_apart(student, distant_left, distant_right) -> dict[str, Tensor]:
    """Float32 rows, and float64 rows."""
    return {
        "single": student.distances(distant_left.float(), distant_right.float()),
        "double": student.distances(distant_left, distant_right),
    }


# TODO 2
def radii(student, points) -> dict[str, Tensor]:
    _given(student, radii=False)
    return {f"k={k}": student.knn_radii(points, k) for k in (1, 3, 7)}


def twin_radii(student, twins) -> dict[str, Tensor]:
    _given(student, radii=False)
    return {f"k={k}": student.knn_radii(twins, k) for k in (1, 2, 3, 4)}


def all_radii(student, few_points) -> dict[str, Tensor]:
    """For every k that nine points allow; and what the points are afterwards."""
    _given(student, radii=False)
    kept = few_points.clone()
    found = [torch.as_tensor(student.knn_radii(kept, k)) for k in range(1, 9)]
    return {"radii": torch.stack(found), "points": kept}


# TODO 3
def quality(student, cloud, other_cloud) -> dict[str, dict[str, Tensor | float]]:
    _given(student)
    return {f"k={k}": _quality(student, cloud, other_cloud, k) for k in K}


def quality_of_modes(student, two_modes, one_mode) -> dict[str, dict[str, Tensor | float]]:
    """A lost mode; and real and generated exchanged: a mode that is not real."""
    _given(student)
    return {"there": _quality(student, two_modes, one_mode, 4), "back": _quality(student, one_mode, two_modes, 4)}


def quality_of_copies(student, cloud, copies) -> dict[str, dict[str, Tensor | float]]:
    """22 copies among 42 generated images; then nothing but copies."""
    _given(student)
    return {"some": _quality(student, cloud, copies, 5), "all": _quality(student, cloud, copies[:22], 5)}


# TODO 4
def counts(student, cloud, other_cloud) -> dict[str, dict[str, Tensor | float]]:
    _given(student)
    return {f"k={k}": _counts(student, cloud, other_cloud, k) for k in K}


def counts_of_outliers(student, cloud_with_outlier, lost_between, crowded) -> dict[str, dict[str, Tensor | float]]:
    """Images in the void that only an outlier's ball reaches; and a crowd in the middle."""
    _given(student)
    return {
        "void": _counts(student, cloud_with_outlier, lost_between, 4),
        "crowd": _counts(student, cloud_with_outlier, crowded, 4),
    }


# TODO 5
def scores(student, gallery, visitors) -> dict[str, Tensor]:
    _given(student)
    return {f"k={k}": student.realism(gallery, visitors, k=k) for k in (2, 5)}


def scores_with_outlier(student, cloud_with_outlier, lost_between) -> dict[str, Tensor]:
    """All of them, and the first three one at a time."""
    _given(student)
    alone = [torch.as_tensor(student.realism(cloud_with_outlier, lost_between[i : i + 1], k=3)) for i in range(3)]
    return {"all": student.realism(cloud_with_outlier, lost_between, k=3), "alone": torch.cat(alone)}


# TODO 6
def expected(student, sizes) -> list[Tensor | float]:
    return [student.expected_coverage(n, m, k) for n, m, k in sizes.tolist()]


def expected_of_many(student, large_sizes) -> list[Tensor | float]:
    return [student.expected_coverage(n, m, k) for n, m, k in large_sizes.tolist()]


# TODO 7
def diagnosis(student, mixture, classes, imitation) -> dict[str, Tensor | float]:
    """The report for k = 4."""
    _given(student)
    return _report(student.report(mixture, classes, imitation, k=4))


def own_numbers(student, mixture, imitation) -> dict[str, Tensor | float]:
    """What the student's own functions say of the same sets."""
    _given(student)
    found = _quality(student, mixture, imitation, 4) | _counts(student, mixture, imitation, 4)
    return {**found, "expected_coverage": student.expected_coverage(len(mixture), len(imitation), 4)}


def own_realism(student, mixture, imitation) -> Tensor:
    _given(student)
    return student.realism(mixture, imitation, k=4)


# Photographs: everything as it was handed in, k left out
def photo_reports(student, photos_real, photo_labels, photos_fake) -> dict[str, Tensor]:
    return _reports(student, photos_real, photo_labels, photos_fake)


def heldout_reports(student, heldout_real, heldout_labels, heldout_fake) -> dict[str, Tensor]:
    return _reports(student, heldout_real, heldout_labels, heldout_fake)


# For the pictures
def shown_reports(student, shown_real, shown_labels, shown_fake) -> dict[str, Tensor]:
    return _reports(student, shown_real, shown_labels, shown_fake)


def shown_balls(student, shown_plane) -> Tensor:
    return student.knn_radii(shown_plane, 1)


def shown_realism(student, shown_real, shown_fake) -> Tensor:
    """Realism of the blurred and of the noisy photographs."""
    return torch.stack([torch.as_tensor(student.realism(shown_real, shown_fake[i])) for i in (1, 2)])


def _given(student, *, radii: bool = True) -> None:
    """Right distances, and right radii, whatever TODO 1 and 2 say; as arrays for code that works on arrays."""

    def distances(a, b, *_, **__):
        found = torch.stack([(torch.as_tensor(b).double() - row).norm(dim=1) for row in torch.as_tensor(a).double()])
        return found.numpy() if isinstance(a, numpy.ndarray) else found

    def knn_radii(x, k=5, *_, **__):
        found = torch.as_tensor(distances(x, x)).sort(dim=1).values[:, k]
        return found.numpy() if isinstance(x, numpy.ndarray) else found

    student.distances = distances
    if radii:
        student.knn_radii = knn_radii


def _quality(student, real, fake, k) -> dict[str, Tensor | float]:
    return _two(student.precision_recall(real, fake, k=k), "precision", "recall")


def _counts(student, real, fake, k) -> dict[str, Tensor | float]:
    return _two(student.density_coverage(real, fake, k=k), "density", "coverage")


def _two(answer, first, second) -> dict[str, Tensor | float]:
    """A pair by name."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise TypeError(f"{first}_{second}: expected two numbers, got a {type(answer).__name__}")
    return {first: answer[0], second: answer[1]}


NUMBERS = ("precision", "recall", "density", "coverage", "expected_coverage")


def _report(answer) -> dict[str, Tensor | float]:
    """The report's entries, each as it came; "outside" as a tensor."""
    if not isinstance(answer, dict):
        raise TypeError(f"report: expected a dict, got a {type(answer).__name__}")
    missing = [name for name in (*NUMBERS, "coverage_by_class", "outside") if name not in answer]
    if missing:
        raise KeyError(f"report: no entry {missing[0]!r}; there are {', '.join(map(str, answer))}")
    found = {name: answer[name] for name in NUMBERS}
    return {**found, **{name: torch.as_tensor(answer[name]) for name in ("coverage_by_class", "outside")}}


def _reports(student, real, labels, sets) -> dict[str, Tensor]:
    """Five numbers (S, 5) and coverage by class (S, 10) of each set, and whether each image is outside (S, M)."""
    reports = [_report(student.report(real, labels, fake)) for fake in sets]
    outside = torch.zeros(len(sets), sets.shape[1], dtype=torch.bool)
    for row, each in zip(outside, reports, strict=True):
        row[each["outside"].long()] = True
    return {
        "numbers": torch.tensor([[float(each[name]) for name in NUMBERS] for each in reports], dtype=torch.float64),
        "by_class": torch.stack([each["coverage_by_class"].double() for each in reports]),
        "outside": outside,
    }
