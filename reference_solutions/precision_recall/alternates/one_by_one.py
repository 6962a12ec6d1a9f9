"""Another right answer, plain and slow: row by row, Python lists, counts in integers."""

import statistics
from fractions import Fraction

import torch


def distances(a, b):
    return torch.stack([(b.double() - row.double()).pow(2).sum(-1).sqrt() for row in a])


def knn_radii(x, k):
    radii = []
    for i, row in enumerate(distances(x, x).tolist()):
        others = row[:i] + row[i + 1 :]
        radii.append(sorted(others)[k - 1])
    return torch.tensor(radii, dtype=torch.float64)


def _balls_of_each(centres, points, k):
    """For each point, the centres whose balls hold it."""
    between, radii = distances(centres, points).T.tolist(), knn_radii(centres, k).tolist()
    return [[i for i, (d, r) in enumerate(zip(row, radii, strict=True)) if d <= r] for row in between]


def precision_recall(real, fake, k=5):
    in_real, in_fake = _balls_of_each(real, fake, k), _balls_of_each(fake, real, k)
    return sum(map(bool, in_real)) / len(fake), sum(map(bool, in_fake)) / len(real)


def density_coverage(real, fake, k=5):
    found = _balls_of_each(real, fake, k)
    return sum(map(len, found)) / (k * len(fake)), len({i for held in found for i in held}) / len(real)


def realism(real, fake, k=5):
    radii = knn_radii(real, k).tolist()
    middle = statistics.median(radii)
    rows = distances(fake, real).tolist()
    return torch.tensor([max(r / d for r, d in zip(radii, row, strict=True) if r <= middle) for row in rows])


def expected_coverage(n, m, k):
    empty = Fraction(1)
    for i in range(1, k + 1):
        empty *= Fraction(n - i, n + m - i)
    return float(1 - empty)


def report(real, labels, fake, k=5):
    held = _balls_of_each(real, fake, k)
    covered = {i for centres in held for i in centres}
    scores = realism(real, fake, k).tolist()
    outside = [j for j, centres in enumerate(held) if not centres]
    shares = []
    for c in range(int(labels.max()) + 1):
        members = [i for i, label in enumerate(labels.tolist()) if label == c]
        shares.append(len(covered.intersection(members)) / len(members))
    precision, recall = precision_recall(real, fake, k)
    density, coverage = density_coverage(real, fake, k)
    return {
        "precision": precision, "recall": recall, "density": density, "coverage": coverage,
        "expected_coverage": expected_coverage(len(real), len(fake), k),
        "coverage_by_class": torch.tensor(shares), "outside": torch.tensor(sorted(outside, key=lambda j: scores[j])),
    }  # fmt: skip
