"""The order of damaged images: what is worse has the worse number, and each metric is blind where it is known to be."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from metrics_support import DATA

from autograder.data import DataSets
from autograder.metrics import cache
from autograder.metrics.embedded import embedded, encoder_from
from autograder.metrics.gaussian import gaussian_from
from autograder.metrics.inception import inception_score

N = 500


def blurred(images, sigma):
    x = torch.arange(-4, 5).double()
    kernel = torch.exp(-(x**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    padded = F.pad(images.double(), (4,) * 4, mode="replicate")
    return as_bytes(F.conv2d(F.conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1)))


def noisy(images, level):
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(2))
    return as_bytes(images + 255 * level * noise)


def as_bytes(images):
    return images.round().clamp(0, 255).to(torch.uint8)


def damaged():
    train = DataSets().fashion_mnist()
    plain, labels = train.images[:N], train.labels
    few = lambda kept: train.images[torch.isin(labels, torch.tensor(kept))][:N]
    return {
        "real": plain,
        **{f"blur {sigma}": blurred(plain, sigma) for sigma in (0.5, 1, 2)},
        **{f"noise {level}": noisy(plain, level) for level in (0.05, 0.1, 0.2)},
        "9 classes": few([0, 1, 2, 4, 5, 6, 7, 8, 9]), "5 classes": few([0, 1, 2, 4, 5]), "1 class": few([3]),
        "100 images": plain[:100].repeat(5, 1, 1, 1), "10 images": plain[:10].repeat(50, 1, 1, 1), "1 image": plain[:1].repeat(N, 1, 1, 1),
        "inverted": 255 - plain, "upside down": plain.flip(2), "mirrored": plain.flip(3), "moved 2 px": plain.roll(2, 3),
        "14 px": as_bytes(F.interpolate(F.avg_pool2d(plain.double(), 2), size=28, mode="bilinear")),
        "wrong range": as_bytes((plain / 127.5 - 1).clamp(0, 1) * 255),
        "uniform noise": torch.randint(0, 256, plain.shape, generator=torch.Generator().manual_seed(3), dtype=torch.uint8),
    }  # fmt: skip


@pytest.fixture(scope="module")
def scored():
    """Damage -> FID of both encoders, Inception Score and coverage, beside the held-out images."""
    data = DataSets(DATA)
    held, first = data.fashion_mnist("heldout").images, embedded("fashion_mnist")
    second = encoder_from(data.encoder("fashion_mnist_second"), "fashion_mnist_second")
    found = {}
    for damage, images in damaged().items():
        fid, other = (cache.fid_of(each, images, gaussian_from(data.statistics(each.name))) for each in (first, second))
        shares = cache.coverage_of(first, held[:N], images)
        found[damage] = {"fid": fid, "second": other, "is": inception_score(cache.encoded(first, images)[1]), **fields(shares)}
    return found


def fields(shares):
    return {name: getattr(shares, name) for name in ("precision", "recall", "density", "coverage")}


@pytest.mark.parametrize("encoder", ["fid", "second"])
@pytest.mark.parametrize(
    "worse_and_worse",
    [
        ["real", "blur 0.5", "blur 1", "blur 2"],
        ["real", "noise 0.05", "noise 0.1", "noise 0.2", "uniform noise"],
        ["real", "9 classes", "5 classes", "1 class", "1 image"],
        ["real", "100 images", "10 images", "1 image"],
    ],
    ids=" < ".join,
)
def test_fid_grows_with_the_damage(scored, encoder, worse_and_worse):
    found = [scored[damage][encoder] for damage in worse_and_worse]
    assert found == sorted(found)
    assert all(later > 1.3 * earlier for earlier, later in pairwise(found)), found


def test_every_damage_costs_fid_by_both_encoders(scored):
    for encoder in ("fid", "second"):
        real = scored["real"][encoder]
        assert {damage: row[encoder] for damage, row in scored.items() if damage != "real" and row[encoder] < 1.5 * real} == {}


def test_blur_and_noise_cost_coverage(scored):
    for series in (
        ["real", "blur 1", "blur 2"],
        ["real", "noise 0.05", "noise 0.1", "noise 0.2"],
        ["real", "9 classes", "5 classes"],
    ):
        found = [scored[damage]["coverage"] for damage in series]
        assert found == sorted(found, reverse=True), (series, found)


def test_missing_classes_and_repetition_cost_recall_or_coverage_and_no_precision(scored):
    for damage in ("5 classes", "1 class", "100 images", "10 images"):
        assert scored[damage]["precision"] > 0.85, damage
        assert scored[damage]["coverage"] < 0.8 * scored["real"]["coverage"], damage


def test_precision_alone_and_the_inception_score_alone_say_nothing(scored):
    """One good image many times has full precision; 100 images repeated keep the score of real ones."""
    assert scored["1 image"]["precision"] == 1 and scored["1 image"]["coverage"] < 0.02
    assert scored["100 images"]["is"] > 0.9 * scored["real"]["is"]  # 0.93 to 1.01 for five other hundreds
    assert scored["1 image"]["is"] == pytest.approx(1) and scored["1 class"]["is"] < 2
