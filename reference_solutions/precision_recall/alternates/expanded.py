"""Another right answer: the expanded square in float64, diagonals set to infinity, topk, one matrix for the whole report."""

import math

import torch


def distances(a, b):
    a, b = a.to(torch.float64), b.to(torch.float64)
    squares = torch.addmm((a * a).sum(1, keepdim=True) + (b * b).sum(1), a, b.T, alpha=-2)
    return squares.clamp_min(0).sqrt()


def _radii(own, k):
    own = own.clone().fill_diagonal_(math.inf)
    return own.topk(k, dim=1, largest=False, sorted=True)[0][:, -1]


def knn_radii(x, k):
    return _radii(distances(x, x), k)


def _parts(real, fake, k):
    between = distances(real, fake)
    return between, between < knn_radii(real, k).unsqueeze(1), between < knn_radii(fake, k).unsqueeze(0)


def precision_recall(real, fake, k=5):
    _, in_real, in_fake = _parts(real, fake, k)
    return in_real.amax(dim=0).sum() / fake.shape[0], in_fake.amax(dim=1).sum() / real.shape[0]


def density_coverage(real, fake, k=5):
    between, in_real, _ = _parts(real, fake, k)
    covered = between.min(dim=1).values < knn_radii(real, k)
    return in_real.count_nonzero() / (k * len(fake)), covered.count_nonzero() / len(real)


def realism(real, fake, k=5):
    radii = knn_radii(real, k)
    small = radii.argsort()[: len(real) // 2]
    return (radii[small] / distances(fake, real[small])).max(dim=1).values


def expected_coverage(n, m, k):
    return 1 - math.exp(math.fsum(math.log((n - i) / (n + m - i)) if n > i else -math.inf for i in range(1, k + 1)))


def report(real, labels, fake, k=5):
    between, in_real, in_fake = _parts(real, fake, k)
    covered, inside = in_real.any(dim=1), in_real.any(dim=0)
    radii = knn_radii(real, k)
    ratio = (radii[:, None] / between)[radii <= radii.quantile(0.5)]
    worst = sorted((float(ratio[:, j].max()), j) for j in range(len(fake)) if not inside[j])
    size = torch.zeros(int(labels.max()) + 1, dtype=torch.float64)
    full = size.index_add(0, labels, covered.double())
    return {
        "outside": torch.tensor([j for _, j in worst], dtype=torch.int64),
        "coverage_by_class": full / size.index_add(0, labels, torch.ones(len(labels), dtype=torch.float64)),
        "precision": inside.double().mean(),
        "recall": in_fake.any(dim=1).double().mean(),
        "density": in_real.double().sum() / k / len(fake),
        "coverage": covered.double().mean(),
        "expected_coverage": expected_coverage(len(labels), len(fake), k),
    }
