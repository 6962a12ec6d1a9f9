"""FID agrees with three independent implementations, and with the values that are known."""

from __future__ import annotations

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from metrics_support import QUICK, AsIs, drawn

from autograder.metrics.frechet import frechet_distance, trace_sqrt_product
from autograder.metrics.gaussian import gaussian


def test_fid_agrees_with_torchmetrics():
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=AsIs(), normalize=True).set_dtype(torch.float64)
    a, b = drawn(1, 400, 12), drawn(2, 300, 12, 1.7)
    metric.update(a, real=True)
    metric.update(b, real=False)
    assert frechet_distance(gaussian(a), gaussian(b)) == pytest.approx(float(metric.compute()), rel=1e-5)


def test_fid_agrees_with_torch_fidelity_and_with_scipy():
    import scipy.linalg
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    a, b = drawn(3, 500, 20), drawn(4, 350, 20, 0.6)
    theirs = fid_statistics_to_metric(fid_features_to_statistics(a), fid_features_to_statistics(b), verbose=False)
    ours = frechet_distance(gaussian(a), gaussian(b))
    assert ours == pytest.approx(float(theirs["frechet_inception_distance"]), rel=1e-5)
    x, y = gaussian(a), gaussian(b)
    root = scipy.linalg.sqrtm(x.cov.numpy() @ y.cov.numpy()).real
    assert float(trace_sqrt_product(x.cov, y.cov)) == pytest.approx(numpy.trace(root), rel=1e-9)


def test_the_covariance_is_numpys():
    features = drawn(5, 50, 7)
    found = gaussian(features)
    assert numpy.allclose(found.cov, numpy.cov(features.numpy(), rowvar=False), rtol=1e-12)
    assert found.n == 50 and found.variance == pytest.approx(float(found.cov.trace()))


def test_fewer_images_than_dimensions_is_no_special_case():
    """The exact value by the nuclear norm of the centred cross product, which needs no covariance at all."""
    a, b = drawn(6, 20, 64), drawn(7, 20, 64)
    x, y = a - a.mean(0), b - b.mean(0)
    trace = torch.linalg.matrix_norm(x @ y.T, "nuc") / 19
    exact = float((a.mean(0) - b.mean(0)).square().sum() + (x.square().sum() + y.square().sum()) / 19 - 2 * trace)
    assert frechet_distance(gaussian(a), gaussian(b)) == pytest.approx(exact, rel=1e-6)


@QUICK
@given(seed=st.integers(0, 10**6), shift=st.floats(0.1, 5), scale=st.floats(0.2, 4))
def test_fid_of_a_shift_a_scale_and_an_order(seed, shift, scale):
    a, b = drawn(seed, 90, 6), drawn(seed + 1, 70, 6)
    distance = frechet_distance(gaussian(a), gaussian(b))
    assert frechet_distance(gaussian(a), gaussian(a)) < 1e-6
    assert frechet_distance(gaussian(a), gaussian(a + shift)) == pytest.approx(6 * shift**2, rel=1e-6)
    assert frechet_distance(gaussian(b), gaussian(a)) == pytest.approx(distance, rel=1e-6, abs=1e-9)
    assert frechet_distance(gaussian(scale * a), gaussian(scale * b)) == pytest.approx(scale**2 * distance, rel=1e-6, abs=1e-9)
    order = torch.randperm(90, generator=torch.Generator().manual_seed(seed))
    assert frechet_distance(gaussian(a[order]), gaussian(b)) == pytest.approx(distance, rel=1e-6, abs=1e-9)


def test_a_collapsed_generator_has_a_distance():
    real, constant = drawn(8, 200, 9), torch.ones(200, 9)
    x = gaussian(real)
    assert frechet_distance(x, gaussian(constant)) == pytest.approx(float((x.mean - 1).square().sum()) + x.variance, rel=1e-6)


def test_fid_falls_like_one_over_n():
    """Two draws of one distribution: N times FID stays, which is why a threshold belongs to one N."""
    features = drawn(9, 64_000, 16)
    found = []
    for n in (250, 1000):
        pairs = torch.split(features, n)[:64]
        distances = [frechet_distance(gaussian(a), gaussian(b)) for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
        found.append(n * numpy.mean(distances))
    assert found[0] == pytest.approx(found[1], rel=0.1)
