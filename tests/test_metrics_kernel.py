"""KID agrees with two independent implementations, given one subset that is everything."""

from __future__ import annotations

import numpy
import pytest
import torch.nn.functional as F
from metrics_support import drawn

from autograder.metrics.kernel import kernel_distance


def fidelity(a, b):
    from torch_fidelity.metric_kid import kid_features_to_metric

    whole = {"kid_subsets": 1, "kid_subset_size": len(a), "kid_kernel": "poly", "verbose": False, "rng_seed": 0}
    kernel = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    return float(kid_features_to_metric(a, b, **whole, **kernel)["kernel_inception_distance_mean"])


def test_kernel_distance_agrees_with_torchmetrics_and_torch_fidelity():
    from torchmetrics.image.kid import poly_mmd

    a, b = drawn(10, 120, 8), drawn(11, 120, 8, 1.4)
    ours = kernel_distance(a, b, unit_length=False)
    assert ours == pytest.approx(float(poly_mmd(a, b)), rel=1e-9)
    assert ours == pytest.approx(fidelity(a, b), rel=1e-9)


def test_of_unit_length_it_is_theirs_with_gamma_one():
    from torchmetrics.image.kid import poly_mmd

    a, b = drawn(10, 120, 8), drawn(11, 120, 8, 1.4)
    theirs = float(poly_mmd(F.normalize(a, dim=1), F.normalize(b, dim=1), gamma=1.0))
    assert kernel_distance(a, b) == pytest.approx(theirs, rel=1e-9)


def test_kernel_distance_is_unbiased_with_sets_of_two_sizes():
    rows = drawn(5, 2000, 8)
    found = [kernel_distance(rows[i : i + 40], rows[i + 40 : i + 100]) for i in range(0, 1900, 100)]
    mean, error = numpy.mean(found), numpy.std(found) / len(found) ** 0.5
    assert abs(mean) < 6 * error
    assert kernel_distance(drawn(12, 200, 8), drawn(13, 200, 8)) > 20 * numpy.std(found)
