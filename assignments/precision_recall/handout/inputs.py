"""What is drawn outside, per run. N is never M, and D is odd wherever it may be.

A distance never equals the radius that it is compared with, so that `<` and `<=` give the same numbers.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.metrics.cache import encoded
from autograder.metrics.embedded import embedded

F64 = torch.float64
REAL, FAKE, STORE = 300, 240, 600
"""Photographs in the real set, in each of the six others, and in each of the stores that they are taken from."""
LOST = (1, 5, 8)
"""Classes that the fourth set lacks: trouser, sandal, bag."""
ONLY = 7
"""The class of the fifth set: sneaker."""


# TODO 1


def left(rng):
    """(7, 5) float32"""
    return 2 * torch.randn(7, 5, generator=rng)


def right(rng):
    """(4, 5) float32"""
    return 2 * torch.randn(4, 5, generator=rng) + 0.7


def distant_left(rng):
    """(61, 33) float64: rows of length 300 or so, 8 from each other"""
    return 52 * torch.randn(1, 33, generator=rng).sign() + torch.randn(61, 33, generator=rng, dtype=F64)


def distant_right(rng, distant_left):
    """(58, 33) float64: the first 40 are rows of `distant_left`, in another order"""
    order = torch.randperm(61, generator=rng)[:40]
    return torch.cat([distant_left[order], distant_left[:18] + torch.randn(18, 33, generator=rng, dtype=F64)])


# TODO 2


def points(rng):
    """(13, 4) float64"""
    return torch.randn(13, 4, generator=rng, dtype=F64)


def twins(rng):
    """(14, 3) float64: six places, with 1, 2, 3, 1, 4 and 3 points, in random order"""
    place = 2 * torch.randn(6, 3, generator=rng, dtype=F64)
    return place.repeat_interleave(torch.tensor([1, 2, 3, 1, 4, 3]), 0)[torch.randperm(14, generator=rng)]


def few_points(rng):
    """(9, 3) float64"""
    return torch.randn(9, 3, generator=rng, dtype=F64) * torch.rand(9, 1, generator=rng, dtype=F64)


# TODO 3 and 4


def cloud(rng):
    """(90, 3) float64: the real one"""
    return torch.randn(90, 3, generator=rng, dtype=F64)


def other_cloud(rng):
    """(65, 3) float64: beside it, and wider"""
    return 1.15 * torch.randn(65, 3, generator=rng, dtype=F64) + torch.tensor([0.9, 0.5, -0.4], dtype=F64)


def two_modes(rng):
    """(80, 5) float64: two clouds, 20 apart"""
    return torch.randn(80, 5, generator=rng, dtype=F64) + 20 * (torch.arange(80) % 2)[:, None]


def one_mode(rng):
    """(55, 5) float64: one of the two, a little too wide"""
    return 1.1 * torch.randn(55, 5, generator=rng, dtype=F64)


def copies(rng, cloud):
    """(42, 3) float64: a place near a real point 22 times, and 20 other points"""
    near = cloud[3] + 1e-3 * torch.randn(3, generator=rng, dtype=F64)
    return torch.cat([near.expand(22, 3), 1.4 * torch.randn(20, 3, generator=rng, dtype=F64)])


def cloud_with_outlier(rng):
    """(50, 3) float64: the last point is 30 away from the others"""
    far = 30 * F.normalize(torch.randn(1, 3, generator=rng, dtype=F64))
    return _parted(lambda: torch.cat([torch.randn(49, 3, generator=rng, dtype=F64), far]), 3)


def lost_between(rng, cloud_with_outlier):
    """(34, 3) float64: half of them in the huge ball of the outlier alone, half in the cloud"""
    way = 0.3 + 0.6 * torch.rand(17, 1, generator=rng, dtype=F64)
    void = way * cloud_with_outlier[-1] + torch.randn(17, 3, generator=rng, dtype=F64)
    return torch.cat([void, torch.randn(17, 3, generator=rng, dtype=F64)])


def crowded(rng):
    """(34, 3) float64: all of them in the middle of the cloud, where balls overlap"""
    return 0.2 * torch.randn(34, 3, generator=rng, dtype=F64)


# TODO 5


def gallery(rng):
    """(44, 5) float64"""
    return _parted(lambda: torch.randn(44, 5, generator=rng, dtype=F64), 2, 5)


def visitors(rng):
    """(83, 5) float64: from well inside to far outside"""
    away = 0.3 + 2 * torch.rand(83, 1, generator=rng, dtype=F64)
    return away * torch.randn(83, 5, generator=rng, dtype=F64)


# TODO 6


def sizes(rng):
    """(6, 3) int64: n, m and k, n > m and n < m"""
    n = torch.randint(12, 40, (6,), generator=rng)
    m = n + torch.tensor([-7, 9, 23, -4, 31, 14])
    return torch.stack([n, m, torch.tensor([1, 2, 3, 4, 5, 7])], 1)


def large_sizes(rng):
    """(5, 3) int64: thousands and millions; in the last row k is as large as it may be"""
    n = torch.tensor([10_000, 50_000, 3_000_000, 2_000, 6]) + torch.randint(0, 6, (5,), generator=rng)
    m = torch.tensor([10_000, 4_000, 1_000_000, 90, 5])
    k = torch.stack([*torch.tensor([5, 9, 4, 60]), n[-1] - 1])
    return torch.stack([n, m, k], 1)


# TODO 7


def classes(rng):
    """(96,) int64: five classes of different sizes, in random order"""
    return torch.arange(5).repeat_interleave(torch.tensor([30, 11, 17, 24, 14]))[torch.randperm(96, generator=rng)]


def centres(rng):
    """(5, 3) float64: 1 overlaps with 0, and 4 with 3; 2 is far from all others"""
    corners = torch.tensor([[0, 0, 0], [1.5, 0, 0], [0, 0, 12], [0, 9, 0], [1.5, 9, 0]], dtype=F64)
    return corners + torch.rand(5, 3, generator=rng, dtype=F64) / 2


def mixture(rng, classes, centres):
    """(96, 3) float64: a cloud for each class"""
    return centres[classes] + torch.randn(96, 3, generator=rng, dtype=F64)


def imitation(rng, centres):
    """(51, 3) float64: classes 0 and 3 as they are, few of class 4, none of 2, class 1 too narrow, and ten strays; shuffled"""
    kind = torch.tensor([0, 1, 3, 4]).repeat_interleave(torch.tensor([14, 10, 12, 5]))
    spread = torch.tensor([1, 0.3, 1, 1, 1], dtype=F64)[kind][:, None]
    made = centres[kind] + spread * torch.randn(41, 3, generator=rng, dtype=F64)
    strays = 14 * torch.randn(10, 3, generator=rng, dtype=F64) - 16
    return torch.cat([made, strays])[torch.randperm(51, generator=rng)]


# Photographs: features of the encoder that ships, 64 numbers an image. Other images in every run, from a fixed store.


def photo_order(rng):
    """(3, 600): which images of the store"""
    return torch.stack([torch.randperm(STORE, generator=rng) for _ in range(3)])


def photos_real(data, photo_order):
    """(300, 64) float32: features of real images"""
    return _features(data.fashion_mnist("train").images[:STORE])[photo_order[0, :REAL]]


def photo_labels(data, photo_order):
    """(300,) int64: their classes, 0 to 9"""
    return data.fashion_mnist("train").labels[photo_order[0, :REAL]]


def photos_fake(data, photo_order):
    """(6, 240, 64) float32: see `_six_sets`"""
    return _six_sets(data.fashion_mnist("train"), photo_order, _features)


def heldout_order(rng):
    """(3, 600)"""
    return torch.stack([torch.randperm(STORE, generator=rng) for _ in range(3)])


def heldout_real(data, heldout_order):
    """(300, 64) float32"""
    return _features(data.fashion_mnist("heldout").images[:STORE])[heldout_order[0, :REAL]]


def heldout_labels(data, heldout_order):
    """(300,) int64"""
    return data.fashion_mnist("heldout").labels[heldout_order[0, :REAL]]


def heldout_fake(data, heldout_order):
    """(6, 240, 64) float32"""
    return _six_sets(data.fashion_mnist("heldout"), heldout_order, _features)


# For the pictures: the same in every run.


def shown_order():
    """(3, 600)"""
    return torch.stack([torch.randperm(STORE, generator=torch.Generator().manual_seed(i)) for i in (19, 20, 21)])


def shown_real(data, shown_order):
    """(300, 64) float32"""
    return photos_real(data, shown_order)


def shown_labels(data, shown_order):
    """(300,) int64"""
    return photo_labels(data, shown_order)


def shown_fake(data, shown_order):
    """(6, 240, 64) float32"""
    return photos_fake(data, shown_order)


def shown_images(data, shown_order):
    """(6, 240, 1, 28, 28) uint8: the images that `shown_fake` holds the features of"""
    return _six_sets(data.fashion_mnist("train"), shown_order, lambda images: images)


def shown_plane():
    """(70, 2) float64: a curved band of real points, and one outlier"""
    rng = torch.Generator().manual_seed(2019)
    angle = torch.pi * torch.rand(70, generator=rng, dtype=F64)
    x = torch.stack([angle.cos(), angle.sin()], 1) + 0.13 * torch.randn(70, 2, generator=rng, dtype=F64)
    x[-1] = torch.tensor([1.45, 1.55])
    return x


def shown_strangers():
    """(70, 2) float64: generated points, all over the plane"""
    rng = torch.Generator().manual_seed(2020)
    return torch.tensor([-1.5, -0.4]) + torch.tensor([3.4, 2.5]) * torch.rand(70, 2, generator=rng, dtype=F64)


def _parted(make, *ks):
    """The first draw in which the two middle radii differ: two points that are each other's k-th neighbour have the same one."""
    while True:
        x = make()
        middle = len(x) // 2
        spread = torch.cdist(x, x).sort(dim=1).values[:, ks].sort(dim=0).values  # (N, number of ks)
        if bool((spread[middle] > 1.001 * spread[middle - 1]).all()):
            return x


def _features(images):
    """(N, 64) float32; what was computed once is kept."""
    return encoded(embedded("fashion_mnist"), images)[0]


def _six_sets(part, order, seen):
    """(6, 240, ...): other photographs; blurred; noisy; three classes lost; one class only; 24 images, each ten times."""
    first, second, third = order  # (600,) each
    labels, other = part.labels[STORE : 2 * STORE], part.images[STORE : 2 * STORE]
    rest = second[~torch.isin(labels[second], torch.tensor(LOST))]
    kind = part.images[STORE:][part.labels[STORE:] == ONLY]
    few = third[: FAKE // 10].repeat_interleave(10)
    stores = [seen(images) for images in (other, _blurred(other), _noisy(other), kind)]
    return torch.stack([
        stores[0][first[:FAKE]], stores[1][second[:FAKE]], stores[2][third[:FAKE]],
        stores[0][rest[:FAKE]], stores[3][second[:FAKE] % len(kind)], stores[0][few],
    ])  # fmt: skip


def _blurred(images):
    return F.avg_pool2d(images.double(), 5, stride=1, padding=2).round().to(torch.uint8)


def _noisy(images):
    noise = 45 * torch.randn(images.shape, generator=torch.Generator().manual_seed(5), dtype=F64)
    return (images + noise).clamp(0, 255).round().to(torch.uint8)
