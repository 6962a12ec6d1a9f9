"""A spread is what another draw of as many images would give: near real images, and far from them."""

from __future__ import annotations

import json

import numpy
import pytest
import torch
from metrics_support import DATA, drawn

from autograder.data import DataSets
from autograder.errors import DataError
from autograder.metrics import cache, embedded, memorisation, real_draws, spread
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import Gaussian, gaussian
from autograder.metrics.inception import inception_score
from autograder.metrics.kernel import kernel_of
from autograder.metrics.manifold import coverage_of, manifold, overlap
from autograder.metrics.real_draws import RECORD, tail_limit
from autograder.metrics.reference import of_images, stored
from autograder.metrics.report import SHOWN, measured, scores, seen
from autograder.metrics.spread import Draws

HELD = DataSets(DATA).fashion_mnist("heldout").images


def judge():
    encoder = embedded.embedded("fashion_mnist")
    return encoder, stored(DataSets(DATA).statistics("fashion_mnist"), HELD, encoder)


# --- the formulas, far from real images ------------------------------------------------------------------------------------


def test_the_map_carries_one_gaussian_to_the_other():
    a, b = gaussian(drawn(1, 90, 7)).cov, gaussian(drawn(2, 80, 7)).cov
    carried = spread.transport(a, b)
    assert torch.allclose(carried @ a @ carried, b, rtol=1e-7, atol=1e-9)
    assert torch.allclose(carried, carried.T)


def test_the_influence_of_an_image_on_fid_is_its_derivative():
    """Weight e more for one row: FID moves by e times the row's contribution, which is what the formula takes the spread of."""
    rows, other = drawn(3, 60, 5), gaussian(drawn(4, 70, 5, 1.5))
    step, found = 1e-5, []
    for row in range(len(rows)):
        weights = torch.full((len(rows),), (1 - step) / len(rows), dtype=torch.float64)
        weights[row] += step
        mean = weights @ rows
        cov = (weights[:, None] * (rows - mean)).T @ (rows - mean) * 60 / 59
        found.append(frechet_distance(Gaussian(mean, cov, 60), other) / step)
    slopes = torch.tensor(found)
    assert spread.of_fid(rows, gaussian(rows), other) == pytest.approx(float(slopes.std()) / 60**0.5, rel=0.02)


def test_formulas_are_the_spread_over_draws():
    """Two hundred draws of 300 rows, well away from the reference: the mean formula is the standard deviation."""
    rows, real = drawn(5, 60_000, 6, 1.4), drawn(6, 400, 6)
    own, balls = gaussian(real), manifold(real)
    found = {name: [] for name in ("fid", "kid", "is", "precision", "recall", "density", "coverage")}
    for part in torch.split(rows, 300):
        kernel, lies, mine = kernel_of(part, real), overlap(balls, manifold(part)), gaussian(part)
        shares, errors = coverage_of(lies), spread.of_coverage(lies)
        found["fid"].append((frechet_distance(mine, own), spread.of_fid(part, mine, own)))
        found["kid"].append((kernel.distance, spread.of_kid(kernel)))
        found["is"].append((inception_score(3 * part), spread.of_inception_score(3 * part)))
        for name, error in errors.items():
            found[name].append((getattr(shares, name), error))
    for metric, pairs in found.items():
        values, formula = numpy.array(pairs).T
        ratio = formula.mean() / values.std(ddof=1)  # known to 5 %, by 200 draws
        assert 0.8 < ratio < (1.5 if metric in ("recall", "coverage") else 1.2), metric  # leaving one out says rather too much


def test_beside_real_draws_the_record_counts_and_far_away_the_formula():
    draws = Draws(mean=0.8, sd=0.15, formula=0.19)
    assert draws.beside(0.19) == pytest.approx(0.15) and draws.beside(0.1) == pytest.approx(0.15)
    assert draws.beside(5.0) == pytest.approx(5.0, rel=1e-3)
    assert Draws(1.0, 0.0, 0.0).beside(0.02) == 0.02


# --- the record, near real images ------------------------------------------------------------------------------------------


def test_the_record_is_of_what_ships():
    record = json.loads(RECORD.read_text())
    encoder, reference = judge()
    entry = record["references"][reference.digest]
    assert entry["encoder"] == f"fashion_mnist {encoder.digest}" and entry["preprocessing"] == encoder.preprocess.name
    student = of_images(DataSets().fashion_mnist().images, encoder)
    assert record["references"][student.digest]["name"] == "fashion_mnist train"
    for each in record["references"].values():
        assert each["repeats"] >= 100 and set(each["draws"]) == {"500", "1000", "2000"}
        assert all(set(metrics) == set(SHOWN) for metrics in each["draws"].values())
        fid = [each["draws"][n]["fid"]["mean"] for n in ("500", "1000", "2000")]
        assert fid == sorted(fid, reverse=True)
    for name, limit in record["tail_limits"].items():
        assert limit["data"] == cache.digest(getattr(DataSets(), name)().images)
        assert (limit["shift"], limit["tail"]) == (memorisation.SHIFT, memorisation.TAIL)
        assert 0 < tail_limit(name) < 40
    with pytest.raises(DataError, match="no tail limit on record: expected one of fashion_mnist, mnist"):
        tail_limit("cifar")


def test_between_sizes_the_record_is_interpolated_and_beyond_them_it_is_silent():
    digest = judge()[1].digest
    low, mid, high = (real_draws.drawn(digest, n)["fid"] for n in (1000, 1500, 2000))
    assert low.mean > mid.mean > high.mean and low.sd > mid.sd > high.sd
    assert mid.mean == pytest.approx(high.mean + (low.mean - high.mean) / 3)  # 1/N
    assert real_draws.drawn(digest, 100) == real_draws.drawn(digest, 5000) == real_draws.drawn("another", 1000) == {}


def test_scores_of_real_images_are_what_the_record_says():
    encoder, reference = judge()
    training = DataSets().fashion_mnist().images
    found = scores(training[:1000], encoder, reference, training[:3000])
    for name, estimate in found.metrics.items():
        assert abs(estimate.value - estimate.real.mean) < 5 * estimate.real.sd, name
        assert 0.8 * estimate.real.sd <= estimate.spread < 1.7 * estimate.real.sd, name
    assert (found.n, found.unique, found.copied) == (1000, 1000, 1000) and found.nearest_cosine < 1e-6
    text = str(found)
    assert "1000 images, 1000 different" in text and "1000 copied" in text
    assert "FID: " in text and " ± " in text and "(real images " in text
    assert f"encoder fashion_mnist {encoder.digest[:12]}, preprocessing 1x28x28 [0,1] none" in text
    assert reference.digest[:12] in text


def test_scores_without_a_record_say_so():
    encoder = embedded.embedded("fashion_mnist")
    training = DataSets().fashion_mnist().images
    found = scores(training[:60], encoder, of_images(training[500:900], encoder))
    assert found.metrics["fid"].spread is None and "(spread not on record)" in str(found)
    assert found.copied is None and "copied" not in str(found)


@pytest.mark.slow
def test_the_spread_of_damaged_images_is_that_over_draws():
    """Shifted by two pixels, and lacking classes: 40 draws of 500 from what ships, which share images as from a pool of that size."""
    encoder, reference = judge()
    real, record = seen(reference, encoder), real_draws.drawn(reference.digest, 500)
    data, generator = DataSets().fashion_mnist(), torch.Generator().manual_seed(1)
    for images in (data.images.roll(2, 3)[:4000], data.images[data.labels < 7]):
        features, logits = encoder.both(images)
        found = {name: [] for name in SHOWN}
        for _ in range(40):
            index = torch.randperm(len(features), generator=generator)[:500]
            for name, (value, formula) in measured(features[index], logits[index], real).items():
                found[name].append((value, record[name].beside(formula)))
        for name, pairs in found.items():
            values, errors = numpy.array(pairs).T
            true = values.std(ddof=1) / (1 - 500 / len(features)) ** 0.5  # known to 11 %
            assert 0.7 < errors.mean() / true < 2, (name, errors.mean(), true)
