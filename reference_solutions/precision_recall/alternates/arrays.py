"""Another right answer: NumPy all the way, blocks of rows, partition for the radii, strictly inside a ball."""

import numpy as np


def distances(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    found = np.empty((len(a), len(b)))
    for start in range(0, len(a), 64):
        rows = a[start : start + 64]
        found[start : start + 64] = np.linalg.norm(rows[:, None, :] - b[None, :, :], axis=-1)
    return found


def knn_radii(x, k):
    own = distances(np.asarray(x), np.asarray(x))
    np.fill_diagonal(own, np.inf)
    return np.partition(own, k - 1, axis=1)[:, k - 1]


def _inside(centres, points, k):
    """(centres, points): is the point in the ball?"""
    return np.less(distances(np.asarray(centres), np.asarray(points)), np.asarray(knn_radii(np.asarray(centres), k))[:, None])


def precision_recall(real, fake, k=5):
    return np.mean(_inside(real, fake, k).any(axis=0)), np.mean(_inside(fake, real, k).any(axis=0))


def density_coverage(real, fake, k=5):
    held = _inside(real, fake, k)
    return held.sum() / (k * len(fake)), np.mean(held.max(axis=1))


def realism(real, fake, k=5):
    radii = np.asarray(knn_radii(np.asarray(real), k))
    with np.errstate(divide="ignore"):
        ratio = radii[:, None] / distances(np.asarray(real), np.asarray(fake))
    ratio[radii > np.median(radii)] = 0
    return ratio.max(axis=0)


def expected_coverage(n, m, k):
    i = np.arange(1, k + 1, dtype=np.float64)
    return 1 - np.prod((n - i) / (n + m - i))


def report(real, labels, fake, k=5):
    labels = np.asarray(labels)
    held = _inside(real, fake, k)
    scores = np.asarray(realism(real, fake, k))
    outside = np.flatnonzero(~held.any(axis=0))
    found = dict(zip(("precision", "recall"), precision_recall(real, fake, k), strict=True))
    found.update(zip(("density", "coverage"), density_coverage(real, fake, k), strict=True))
    found["expected_coverage"] = expected_coverage(len(real), len(fake), k)
    found["coverage_by_class"] = np.bincount(labels, weights=held.any(axis=1)) / np.bincount(labels)
    found["outside"] = outside[np.argsort(scores[outside])]
    return found
