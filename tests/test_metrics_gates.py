"""Hostile images get a failed check that says which; what the gates let through has a value for every metric."""

from __future__ import annotations

import math
from functools import lru_cache

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from metrics_support import QUICK, drawn

from autograder.checks import CheckFailed
from autograder.data import DataSets
from autograder.errors import MetricError
from autograder.metrics import cache, gates, real_draws
from autograder.metrics.embedded import embedded
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import gaussian
from autograder.metrics.inception import inception_score
from autograder.metrics.kernel import kernel_distance
from autograder.metrics.manifold import manifold
from autograder.metrics.memorisation import copies, nearest
from autograder.metrics.reference import of_images
from autograder.metrics.report import measured, seen
from autograder.metrics.similarity import diversity, image_text

N = 60
SHAPE = (N, 1, 28, 28)
TRAINING = DataSets().fashion_mnist().images[:500]
HONEST = DataSets().fashion_mnist().images[4000 : 4000 + N]
SIGNED = HONEST.float() / 127.5 - 1
"""Good images in [-1, 1]."""


@lru_cache(maxsize=1)
def real():
    encoder = embedded("fashion_mnist")
    return seen(of_images(TRAINING, encoder), encoder)


def noise(scale=1.0):
    return scale * torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))


def with_one(value):
    images = SIGNED.clone()
    images[3, 0, 5, 7] = value
    return images


HOSTILE = {
    "nothing": (None, "got nothing"),
    "a list": ([1.0], "got a list"),
    "a number": (0.5, r"expected \(60, 1, 28, 28\), got scalar"),
    "no channel": (SIGNED[:, 0], r"expected \(60, 1, 28, 28\), got \(60, 28, 28\)"),
    "channel last": (SIGNED.permute(0, 2, 3, 1), "images of 1 x 28 x 28, got images of 28 x 28 x 1: is the channel in the wrong"),
    "colour": (SIGNED.expand(-1, 3, -1, -1), "got images of 3 x 28 x 28"),
    "large": (SIGNED.repeat(1, 1, 2, 2), "got images of 1 x 56 x 56"),
    "too few": (SIGNED[:7], "expected 60 images, got 7: too few"),
    "none": (SIGNED[:0], "expected 60 images, got 0: too few"),
    "too many": (SIGNED.repeat(2, 1, 1, 1), "expected 60 images, got 120: too many"),
    "bytes": (HONEST, r"expected dtype float32, got uint8: images of bytes, where numbers in \[-1, 1\] belong"),
    "whole numbers": (HONEST.long(), "expected dtype float32, got int64"),
    "truth values": (HONEST > 9, "expected dtype float32, got bool"),
    "complex": (SIGNED.to(torch.complex64), "expected dtype float32, got complex64"),
    "sparse": (SIGNED.to_sparse(), "expected an ordinary tensor, got a sparse_coo one"),
    "one NaN": (with_one(math.nan), "1 of 47040 that are NaN"),
    "one infinity": (with_one(math.inf), "1 of 47040 that are infinite"),
    "all NaN": (SIGNED * math.nan, "that are NaN"),
    "in [0, 1]": (SIGNED / 2 + 0.5, r"on both sides of 0, got values from 0 to 1: are the images in \[0, 1\]\?"),
    "in [0, 255]": (HONEST.float(), r"values in \[-1, 1\], got values from 0 to 255: are the images in \[0, 255\]\?"),
    "logits": (noise(4), r"values in \[-1, 1\], got .* is the last activation missing"),
    "huge": (noise(1e30), r"values in \[-1, 1\]"),
    "black": (-torch.ones(SHAPE), "both sides of 0, got values from -1 to -1"),
    "one image": (SIGNED[:1].repeat(N, 1, 1, 1), "60 different images, got 1: does the model ignore its noise"),
    "ten images": (SIGNED[:10].repeat(6, 1, 1, 1), "60 different images, got 10"),
    "nearly one image": ((SIGNED[:1] * 0.98 + noise(0.005)).clamp(-1, 1), "images that differ by 4 grey levels"),
    "flat greys": (torch.linspace(-1, 1, N).view(N, 1, 1, 1).expand(SHAPE), "a contrast of 4 grey levels .* one flat grey"),
    "copies": (TRAINING[:N].float() / 127.5 - 1, "expected new images, got 60 of 60 that are in the data"),
    "one copy": (torch.cat([SIGNED[1:], TRAINING[:1].float() / 127.5 - 1]), "got 1 of 60 that are in the data"),
}


@pytest.mark.parametrize("deed", HOSTILE)
def test_hostile_images_fail_and_are_told_why(deed):
    images, says = HOSTILE[deed]
    with pytest.raises(CheckFailed, match=says):
        gates.generated(images, -1, 1, SHAPE, TRAINING, call="sample(model, 60)")


def test_good_images_pass_in_every_range_and_precision():
    for images, low, high in ((SIGNED, -1, 1), (SIGNED / 2 + 0.5, 0, 1), (HONEST.float(), 0, 255), (HONEST, 0, 255)):
        assert torch.equal(gates.generated(images, low, high, SHAPE, TRAINING), HONEST)
    assert torch.equal(gates.generated(SIGNED.double().requires_grad_(), -1, 1, SHAPE, TRAINING), HONEST)
    half = gates.pixels(SIGNED.half(), -1, 1, SHAPE)
    assert int((half.int() - HONEST.int()).abs().max()) <= 1


def test_a_dark_model_may_be_let_through():
    dark = SIGNED / 4 - 0.75
    with pytest.raises(CheckFailed, match="both sides"):
        gates.pixels(dark, -1, 1, SHAPE)
    assert gates.pixels(dark, -1, 1, SHAPE, whole_range=False).max() < 70


def test_shifted_copies_are_memorised_and_honest_images_are_not():
    limit = real_draws.tail_limit("fashion_mnist")
    gates.not_memorised(HONEST, TRAINING, limit)
    with pytest.raises(CheckFailed, match=r"at most \d of 60 images as near to a training image as a copy, got 4\d"):
        gates.not_memorised(TRAINING[:N].roll(1, 3).flip(3), TRAINING, limit)


SHAPES = st.one_of(st.just(SHAPE), st.lists(st.integers(0, 30), max_size=5).map(tuple).filter(lambda s: math.prod(s) < 10**5))
DTYPES = st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int64, torch.bool])
FILLS = st.one_of(st.floats(width=32), st.sampled_from(["noise", "uniform", "levels", "images", "copies"]))


def hostile(shape, dtype, fill, scale, spoiled, seed):
    rng = torch.Generator().manual_seed(seed)
    if shape == SHAPE and fill in ("images", "copies"):
        made = (HONEST if fill == "images" else TRAINING[:N]).float() / 127.5 - 1
    elif fill == "levels":
        made = torch.randint(-1, 2, shape, generator=rng).float()
    elif isinstance(fill, float):
        made = torch.full(shape, fill, dtype=torch.float32)
    else:
        made = torch.rand(shape, generator=rng) * 2 - 1 if fill == "uniform" else torch.randn(shape, generator=rng)
    made = made * scale
    if spoiled and made.numel():
        made.view(-1)[seed % made.numel()] = [math.nan, math.inf, -math.inf, 3e38][seed % 4]
    return made.to(dtype)


@QUICK
@example(SHAPE, torch.float32, "images", 1.0, False, 0, (-1, 1))
@example(SHAPE, torch.float64, "uniform", 1.0, False, 0, (-1, 1))
@example(SHAPE, torch.float16, "levels", 1.0, False, 0, (-1, 1))
@given(
    SHAPES, DTYPES, FILLS, st.sampled_from([0.0, 1e-30, 0.5, 1.0, 1.0, 255.0, 1e30]), st.booleans(),
    st.integers(0, 99), st.sampled_from([(-1, 1), (0, 1), (0, 255)]),
)  # fmt: skip
def test_any_tensor_fails_a_check_or_has_every_metric(shape, dtype, fill, scale, spoiled, seed, bounds):
    """Never another exception, and never a number that is not finite."""
    try:
        images = gates.generated(hostile(shape, dtype, fill, scale, spoiled, seed), *bounds, SHAPE, TRAINING)
    except CheckFailed:
        return
    assert fill not in ("copies",) and not isinstance(fill, float)
    values = measured(*cache.encoded(embedded("fashion_mnist"), images), real())
    assert all(math.isfinite(value) and math.isfinite(error) for value, error in values.values())
    assert values["fid"][0] > 1 or fill == "images"


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: gaussian(torch.ones(1, 4)), "at least 2 rows, got 1"),
        (lambda: gaussian(torch.full((4, 4), math.nan)), "NaN or infinite"),
        (lambda: gaussian(torch.ones(4)), r"expected \(N, D\), got \(4,\)"),
        (lambda: inception_score(torch.zeros(0, 10)), "expected"),
        (lambda: frechet_distance(gaussian(drawn(1, 9, 3)), gaussian(drawn(1, 9, 4))), "two encoders"),
        (lambda: kernel_distance(torch.ones(9, 3), torch.ones(9, 4)), "one width"),
        (lambda: manifold(torch.ones(5, 3), 5), "more than k = 5 rows"),
        (lambda: copies(torch.ones(5, 3), torch.ones(5, 3).byte()), "expected uint8"),
        (lambda: nearest(HONEST, HONEST[..., :-1]), "uint8 images .* of one size"),
        (lambda: image_text(torch.ones(5, 3), torch.ones(4, 3)), "one caption for each image"),
        (lambda: diversity(torch.ones(1, 3)), "at least 2 rows"),
        (lambda: embedded("fashion_mnist").features(HONEST.float()), "expected uint8 of shape"),
        (lambda: embedded("fashion_mnist").features(HONEST[:0]), "at least one"),
        (lambda: embedded("fashion_mnist").features(HONEST[..., 1:]), "expected 28 x 28 pixels, got 28 x 27"),
        (lambda: embedded("fashion_mnist").features(HONEST.expand(-1, 3, -1, -1)), "expected 1 channel, got 3"),
    ],
)
def test_a_metric_that_has_no_value_says_why(ask, says):
    with pytest.raises(MetricError, match=says):
        ask()
