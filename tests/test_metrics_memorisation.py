"""Copies are found, shifted, flipped and noisy ones too; honest images, and a blurry model's, are not accused."""

from __future__ import annotations

import math

import pytest
import torch
from metrics_support import drawn

from autograder.metrics import real_draws
from autograder.metrics.memorisation import copies, mifid_distance, most_by_chance, near_copies, nearest, tail_limit, unique


@pytest.fixture(scope="module")
def clothes():
    """(training images, others), uint8."""
    from autograder.data import DataSets

    images = DataSets().fashion_mnist().images
    return images[:2000], images[4000:]


def noisy(images, sd):
    noise = sd * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    return (images.float() + noise).round().clamp(0, 255).byte()


def test_nearest_is_the_least_distance_over_shifts_and_flips(clothes):
    """Against the definition, written out: each image shifted, its border repeated, and flipped; root mean square difference."""
    queries, data = clothes[1][:4], clothes[0][:30]
    height = width = 28
    best = torch.full((4,), math.inf, dtype=torch.float64)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            y = (torch.arange(height) + down).clamp(0, height - 1)
            x = (torch.arange(width) + right).clamp(0, width - 1)
            moved = queries[..., y, :][..., x].double()
            for one in (moved, moved.flip(-1)):
                found = (one[:, None] - data[None].double()).square().flatten(2).mean(2).sqrt().min(1).values
                best = torch.minimum(best, found)
    assert torch.equal(nearest(queries, data, shift=1), best)  # exact, so equal to the last bit


def test_nearest_is_exact_for_larger_images_too():
    """3 x 64 x 64 pixels: sums beyond what float32 counts."""
    rng = torch.Generator().manual_seed(2)
    a, b = (torch.randint(0, 256, (n, 3, 64, 64), generator=rng, dtype=torch.uint8) for n in (3, 5))
    straight = (a[:, None].double() - b[None].double()).square().flatten(2).mean(2).sqrt()
    flipped = (a.flip(-1)[:, None].double() - b[None].double()).square().flatten(2).mean(2).sqrt()
    assert torch.equal(nearest(a, b, shift=0), torch.minimum(straight, flipped).min(1).values)


def test_copies_are_found_shifted_flipped_and_noisy_too_and_honest_images_are_not(clothes):
    training, others = clothes
    limit, honest, copied = real_draws.tail_limit("fashion_mnist"), others[:200], training[:50]
    assert near_copies(honest, training, limit) <= most_by_chance(200) <= 8
    assert copies(copied, training) == 50 and copies(honest, training) == 0
    for moved in (copied.roll(1, -1), copied.flip(-1), copied.flip(-1).roll(2, -2), noisy(copied, 5)):
        assert copies(moved, training) == 0
        assert near_copies(moved, training, limit) >= 30  # of 50; what a shift rolled over the border is no border's value


def test_a_blurry_model_is_not_accused(clothes):
    """It is nearer to training images than real ones are, on average: only the tail tells."""
    training, others = clothes
    blurred = torch.nn.functional.avg_pool2d(others[:200].float(), 3, 1, 1).round().byte()
    limit = tail_limit(others[200:1200], training, shift=0)
    assert nearest(blurred, training, shift=0).mean() < nearest(others[:200], training, shift=0).mean()
    assert near_copies(blurred, training, limit, shift=0) <= most_by_chance(200)


def test_the_number_allowed_by_chance_is_poissons():
    import scipy.stats

    for n in (100, 200, 500, 2000):
        allowed = most_by_chance(n)
        assert scipy.stats.poisson.sf(allowed, n * 0.001) <= 1e-9 < scipy.stats.poisson.sf(allowed - 1, n * 0.001)


def test_equal_images_are_counted_once(clothes):
    images = clothes[0][:50]
    assert unique(images) == 50 and unique(images[:1].repeat(9, 1, 1, 1)) == 1


def test_mifids_distance_is_averaged_over_generated_images():
    """torchmetrics averages over real ones, and so gives copies of training images a better MiFID than honest images."""
    from torchmetrics.image.mifid import _compute_cosine_distance

    generated, real = drawn(3, 30, 12), drawn(4, 80, 12)
    ours = mifid_distance(generated, real)
    assert ours == pytest.approx(float(_compute_cosine_distance(generated, real, cosine_distance_eps=10.0)), rel=1e-9)
    assert ours != pytest.approx(float(_compute_cosine_distance(real, generated, cosine_distance_eps=10.0)), rel=0.01)
    assert mifid_distance(real[:20], real) == pytest.approx(0, abs=1e-9)
