"""Each link is computed once for the same bytes, encoder and settings, and again for others."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from autograder.data import DataSets
from autograder.metrics import cache
from autograder.metrics.embedded import embedded
from autograder.metrics.encoder import Encoder
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import gaussian
from autograder.metrics.manifold import coverage, manifold
from autograder.metrics.memorisation import nearest

IMAGES = DataSets().fashion_mnist().images[:40]
REAL = DataSets().fashion_mnist().images[40:100]


@pytest.fixture
def asked(monkeypatch):
    """Sizes of the sets that an encoder was asked to encode, the cache being empty at first."""
    sizes, both = [], Encoder.both

    def counted(self, images, *more):
        sizes.append(len(images))
        return both(self, images, *more)

    monkeypatch.setattr(Encoder, "both", counted)
    cache.clear()
    yield sizes
    cache.clear()


def test_every_link_gives_what_its_functions_give_and_encodes_once(asked):
    encoder = embedded("fashion_mnist")
    features = encoder.features(IMAGES)
    real = gaussian(encoder.features(REAL))
    asked.clear()
    for _ in range(2):
        assert torch.equal(cache.encoded(encoder, IMAGES.clone())[0], features)
        assert torch.equal(cache.gaussian_of(encoder, IMAGES).cov, gaussian(features).cov)
        assert cache.fid_of(encoder, IMAGES, real) == frechet_distance(gaussian(features), real)
        mine, theirs = manifold(features), cache.manifold_of(encoder, REAL)
        assert cache.coverage_of(encoder, REAL, IMAGES) == coverage(theirs, mine)
        assert torch.equal(cache.nearest_of(IMAGES, REAL, 1), nearest(IMAGES, REAL, shift=1))
    assert asked == [40, 60]


def test_one_other_pixel_encoder_or_setting_is_another_entry(asked):
    encoder = embedded("fashion_mnist")
    changed = IMAGES.clone()
    changed[0, 0, 0, 0] += 1
    first = cache.gaussian_of(encoder, IMAGES)
    assert not torch.equal(cache.gaussian_of(encoder, changed).mean, first.mean)
    cache.gaussian_of(replace(encoder, digest="another"), IMAGES)
    assert asked == [40, 40, 40]
    assert cache.manifold_of(encoder, IMAGES, 3).k == 3 and cache.manifold_of(encoder, IMAGES, 5).k == 5
    assert cache.digest(IMAGES) != cache.digest(IMAGES.flatten(1)) != cache.digest(IMAGES.flatten(1).float())


def test_the_oldest_goes_when_there_is_no_room(asked, monkeypatch):
    encoder = embedded("fashion_mnist")
    monkeypatch.setattr(cache, "ROOM", 30_000)  # features and logits of 40 images take 11,840 bytes
    for images in (IMAGES, REAL[:40], IMAGES, REAL[20:], IMAGES, REAL[:40]):
        cache.encoded(encoder, images)
    assert asked == [40, 40, 40, 40]  # the last was gone; IMAGES, lately used, was not
