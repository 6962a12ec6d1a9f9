"""Precision, recall, density and coverage agree with `prdc`, torch-fidelity and closed forms, and know which is which."""

from __future__ import annotations

import math

import numpy
import pytest
import torch
from metrics_support import drawn

from autograder.metrics.manifold import coverage, manifold


def test_coverage_agrees_with_prdc(capsys):
    from prdc import compute_prdc

    for k in (3, 5):
        real, generated = drawn(14, 300, 10), drawn(15, 250, 10)
        theirs = compute_prdc(real.numpy(), generated.numpy(), nearest_k=k)
        capsys.readouterr()  # it prints
        ours = coverage(manifold(real, k), manifold(generated, k))
        for name, value in theirs.items():
            assert getattr(ours, name) == pytest.approx(float(value), rel=1e-7), name


def test_precision_and_recall_agree_with_torch_fidelity():
    """Since 0.4.0; before, the two were swapped."""
    from torch_fidelity.metric_prc import prc_features_to_metric

    real, generated = drawn(14, 300, 10), drawn(15, 250, 10)
    how = {"prc_neighborhood": 5, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
    theirs = prc_features_to_metric(generated, real, **how)
    ours = coverage(manifold(real, 5), manifold(generated, 5))
    assert ours.precision == pytest.approx(theirs["precision"], rel=1e-6)
    assert ours.recall == pytest.approx(theirs["recall"], rel=1e-6)


def test_coverage_of_the_example_by_hand():
    """Real {0, 1, 3}, generated {0.5, 10}, k = 1: radii 1, 1, 2 and 9.5, 9.5."""
    found = coverage(manifold(torch.tensor([[0.0], [1.0], [3.0]]), 1), manifold(torch.tensor([[0.5], [10.0]]), 1))
    assert (found.precision, found.recall, found.density) == (0.5, 1.0, 1.0)
    assert found.coverage == pytest.approx(2 / 3)


def test_coverage_of_one_distribution_is_the_closed_form():
    """1 - prod (N-i)/(N+M-i), whatever the distribution; density is 1."""
    n, k, found = 300, 5, []
    everything = drawn(16, 8000, 6)
    for seed in range(12):
        rows = everything[2 * n * seed : 2 * n * (seed + 1)]
        found.append(coverage(manifold(rows[:n], k), manifold(rows[n:], k)))
    theory = 1 - math.prod((n - i) / (2 * n - i) for i in range(1, k + 1))
    values = [each.coverage for each in found]
    assert abs(numpy.mean(values) - theory) < 6 * numpy.std(values) / 12**0.5
    assert numpy.mean([each.density for each in found]) == pytest.approx(1, abs=0.1)


def test_a_dropped_mode_costs_recall_and_not_precision():
    rng = torch.Generator().manual_seed(17)
    blob = lambda n, centre: torch.randn(n, 4, generator=rng) + centre
    real, one = torch.cat([blob(200, 0), blob(200, 20)]), blob(400, 0)
    dropped = coverage(manifold(real), manifold(one))
    assert dropped.precision > 0.9 and dropped.recall < 0.6 and dropped.coverage < 0.6
    mirror = coverage(manifold(one), manifold(real))
    assert mirror.precision == pytest.approx(dropped.recall) and mirror.recall == pytest.approx(dropped.precision)


def test_equal_rows_are_at_distance_zero():
    """With distances by inner products a third of exact copies lay apart."""
    rows = drawn(18, 200, 64) * 30
    found = coverage(manifold(rows, 1), manifold(rows, 1))
    assert found.coverage == 1 and float(manifold(rows.repeat(2, 1), 1).radii.max()) == 0
