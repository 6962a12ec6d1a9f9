"""The Inception Score agrees with two independent implementations, also where these give NaN."""

from __future__ import annotations

import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from metrics_support import QUICK, AsIs

from autograder.metrics.inception import inception_score


def logits(seed, n, size):
    return size * torch.randn(n, 10, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_inception_score_agrees_with_torch_fidelity():
    from torch_fidelity.metric_isc import isc_features_to_metric

    for found in (logits(9, 300, 2), logits(10, 75, 9)):
        theirs = isc_features_to_metric(found, splits=1, shuffle=False)["inception_score_mean"]
        assert inception_score(found) == pytest.approx(float(theirs), rel=1e-9)


def test_inception_score_agrees_with_torchmetrics():
    found = logits(9, 300, 2)
    assert inception_score(found) == pytest.approx(torchmetrics_score(found), rel=1e-5)


def torchmetrics_score(found):
    from torchmetrics.image.inception import InceptionScore

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it keeps all features, and of the standard deviation over one split
        metric = InceptionScore(feature=AsIs(), splits=1)
        metric.update(found.float())
        return float(metric.compute()[0])


def test_where_float32_probabilities_vanish_torchmetrics_has_no_value_and_ours_is_right():
    """A collapsed model: two classes, sure of them; the softmax of the others is 0 in float32, and 0 log 0 is NaN."""
    collapsed = 200 * torch.eye(10).repeat_interleave(30, 0)[:60]
    assert math.isnan(torchmetrics_score(collapsed))
    assert inception_score(collapsed) == pytest.approx(2)


def test_inception_score_of_known_cases():
    sure = torch.eye(10).repeat(6, 1) * 800  # float64 softmax underflows at such gaps
    assert inception_score(sure) == pytest.approx(10)
    assert inception_score(sure[:1].repeat(50, 1)) == pytest.approx(1)  # classes that nothing has: no NaN
    assert inception_score(torch.zeros(20, 10)) == pytest.approx(1)
    q = torch.full((4, 4), 0.1, dtype=torch.float64) + 0.6 * torch.eye(4, dtype=torch.float64)
    entropy = -(0.7 * math.log(0.7) + 3 * 0.1 * math.log(0.1))
    assert inception_score(q.log()) == pytest.approx(math.exp(math.log(4) - entropy), rel=1e-9)


@QUICK
@given(seed=st.integers(0, 10**6), n=st.integers(2, 60), k=st.integers(2, 12), size=st.floats(0.1, 300))
def test_inception_score_is_between_one_and_the_number_of_classes(seed, n, k, size):
    generator = torch.Generator().manual_seed(seed)
    found = size * torch.randn(n, k, generator=generator)
    assert 1 - 1e-9 <= inception_score(found) <= k + 1e-9
    assert inception_score(found[torch.randperm(n, generator=generator)]) == pytest.approx(inception_score(found))
