"""Judged in the grade only: 43 points. What a formula that is right on easy sets can still get wrong."""

from __future__ import annotations

import math

import torch

from autograder.checks import check
from autograder.compare import require, same, shaped
from autograder.metrics.manifold import coverage, distances, manifold

F64 = torch.float64


@check(
    points=6, task="distances", level="value",
    hint="Features may lie far from the origin and near each other. |a|^2 - 2 a b + |b|^2 in float32, and torch.cdist(a, b) of "
    "float32 tensors, which computes the same, lose all digits there: convert to float64 first, and clamp at 0 before the "
    "root.",
)  # fmt: skip
def check_distances_far_from_origin(far_apart, distant_left, distant_right):
    """Distances hold for rows of length 300 that are 8 apart, and are 0 for equal rows"""
    cause = "the root of a number just below 0: clamp(min=0) first, or take the differences themselves"
    for name, rows in (("single", (distant_left.float(), distant_right.float())), ("double", (distant_left, distant_right))):
        want, call = _apart(*rows), f"distances of rows far from the origin, {rows[0].dtype}".replace("torch.", "")  # (61, 58)
        got = shaped(far_apart[name], (61, 58), dtype=F64, call=call, cause=cause if _is_nan(far_apart[name]) else "")
        equal = want == 0
        same(got[equal], want[equal], atol=1e-4, dtype=F64, call=f"{call}: equal rows")
        same(got, want, rtol=1e-6, atol=1e-4, dtype=F64, call=call)


@check(
    points=5, task="radii", level="value",
    hint="Only the point itself is left out, by its place: the diagonal, or the first of its sorted row. Another point at "
    "distance 0 is a neighbour: no `distance > 0`, no unique().",
)  # fmt: skip
def check_twins_are_neighbours(twin_radii, twins):
    """Points at the same place are neighbours at distance 0"""
    between = _apart(twins, twins)
    away = between.masked_fill(between == 0, torch.inf).sort(1).values  # neighbours at other places only
    places = _apart(twins, twins.unique(dim=0)).sort(1).values
    for k in (1, 2, 3, 4):
        same(
            twin_radii[f"k={k}"], _reach(twins, k), rtol=1e-5, atol=1e-5, dtype=F64, call=f"knn_radii with twins, k={k}",
            suspects={
                "all distances of 0 are left out, those to twins as well": away[:, k - 1],
                "each place counts once": places[:, k],
                "the point itself is counted as its first neighbour": between.sort(1).values[:, k - 1],
                "one too far": between.sort(1).values[:, k + 1],
            },
        )  # fmt: skip


@check(
    points=2, task="radii", level="value",
    hint="k runs from 1 to N - 1, the farthest point. Ask for no more neighbours than there are, and leave the points as they "
    "are.",
)  # fmt: skip
def check_radii_for_every_k(all_radii, few_points):
    """k from 1 to N - 1 works, and the points are not changed"""
    same(all_radii["points"], few_points, rtol=0, dtype=F64, call="x after knn_radii(x, k)")
    want = torch.stack([_reach(few_points, k) for k in range(1, 9)])
    same(all_radii["radii"], want, rtol=1e-5, atol=1e-6, dtype=F64, call="knn_radii of nine points for k = 1 to 8")


@check(
    points=4, task="precision", level="value",
    hint="Precision asks about the generated images, recall about the real ones: half of the real images lost is half of the "
    "recall lost, and precision stays. With the sets exchanged, the two numbers are exchanged.",
)  # fmt: skip
def check_lost_mode_costs_recall(quality_of_modes, two_modes, one_mode):
    """A mode that is not generated costs recall, a mode that is not real costs precision"""
    there, back = _Numbers(two_modes, one_mode, 4), _Numbers(one_mode, two_modes, 4)
    for key, sets, of in (("there", there, "real"), ("back", back, "generated")):
        for name, other in (("precision", "recall"), ("recall", "precision")):
            same(
                quality_of_modes[key][name], getattr(sets, name), rtol=1e-6, dtype=None,
                call=f"{name}, two {of} modes, one of them in the other set",
                suspects={"precision and recall are exchanged": getattr(sets, other)},
            )  # fmt: skip


@check(
    points=4, task="precision", level="value",
    hint="An image that is generated more than k times has a ball of radius 0, which holds nothing. Recall has to use the "
    "radii of the generated images, whatever they are, and those of the real ones never.",
)  # fmt: skip
def check_copies_cost_recall(quality_of_copies, cloud, copies):
    """An image generated again and again is precise and has no recall"""
    for key, fake, what in (("some", copies, "22 copies among 42 images"), ("all", copies[:22], "22 copies of one image")):
        sets = _Numbers(cloud, fake, 5)
        for name, suspect in (("precision", sets.recall), ("recall", sets.coverage)):
            same(
                quality_of_copies[key][name], getattr(sets, name), rtol=1e-6, dtype=None, call=f"{name} of {what}",
                suspects={"precision and recall are exchanged" if name == "precision" else "the real balls are taken": suspect},
            )  # fmt: skip


@check(
    points=4, task="density", level="value",
    hint="density is a mean of counts: far below 1 in the void, where one huge ball reaches, and above 1 in the middle of the "
    "real images. Do not clip it, and do not take any() first.",
)  # fmt: skip
def check_density_of_outliers_and_crowds(counts_of_outliers, cloud_with_outlier, lost_between, crowded):
    """Images around a real outlier have a low density, a crowd in the middle one above 1; neither covers much"""
    for key, fake, what in (("void", lost_between, "images around a real outlier"), ("crowd", crowded, "a crowd in the middle")):
        sets = _Numbers(cloud_with_outlier, fake, 4)
        for name in ("density", "coverage"):
            same(
                counts_of_outliers[key][name], getattr(sets, name), rtol=1e-6, dtype=None, call=f"{name} of {what}",
                suspects={"this is precision": sets.precision, "clipped at 1": sets.density.clamp(max=1),
                          "not divided by k": 4 * sets.density, "this is recall": sets.recall},
            )  # fmt: skip


@check(
    points=5, task="realism", level="value",
    hint="One outlier has a ball so wide that it decides for every image near it: leave out the real images whose radius is "
    "above the median. An image's realism does not depend on the other generated ones.",
)  # fmt: skip
def check_realism_leaves_wide_balls_out(scores_with_outlier, cloud_with_outlier, lost_between):
    """The huge ball of an outlier makes nothing realistic, and each image is judged by itself"""
    reach, between = _reach(cloud_with_outlier, 3), _apart(cloud_with_outlier, lost_between)
    order, ratio = reach.argsort(), reach[:, None] / between  # (50,), (50, 34)
    want = ratio[order[:25]].amax(0)
    same(
        scores_with_outlier["all"], want, rtol=1e-3, atol=1e-4, dtype=None, call="realism of images near a real outlier",
        suspects={
            "no ball is left out": ratio.amax(0),
            "only the widest ball is left out": ratio[order[:-1]].amax(0),
            "a tenth of the balls is left out": ratio[order[:45]].amax(0),
            "balls above the mean radius are left out, not those above the median": ratio[reach <= reach.mean()].amax(0),
            "the smaller half is left out": ratio[order[25:]].amax(0),
        },
    )  # fmt: skip
    same(
        scores_with_outlier["alone"], want[:3], rtol=1e-3, atol=1e-4, dtype=None,
        call="realism of three of these images, one at a time",
        suspects={"scaled by the most realistic one": torch.ones(3)},
    )  # fmt: skip


@check(
    points=4, task="expected", level="value",
    hint="Multiply the k quotients one after the other: each lies between 0 and 1. Factorials of millions are too large for a "
    "float, and differences of their logarithms in float32 have no digits left.",
)  # fmt: skip
def check_expected_coverage_of_many_images(expected_of_many, large_sizes):
    """expected_coverage holds for millions of images, and for every image but one as neighbour"""
    rows = large_sizes.tolist()
    require(len(expected_of_many) == len(rows), expected="5 numbers", got=f"{len(expected_of_many)}", call="expected_coverage")
    for (n, m, k), got in zip(rows, expected_of_many, strict=True):
        want = 1 - math.comb(n - 1, k) / math.comb(n + m - 1, k)
        same(
            got, want, rtol=1e-6, dtype=None, call=f"expected_coverage({n}, {m}, {k})",
            suspects={"n and m are exchanged": 1 - math.comb(m - 1, k) / math.comb(n + m - 1, k),
                      "1 - 2^-k, which holds for n = m only": 1 - 0.5**k,
                      "the first factor k times": 1 - ((n - 1) / (n + m - 1)) ** k},
        )  # fmt: skip


@check(
    points=5, task="report", level="value",
    hint="outside holds places, int64, of the fakes for which no real ball (of all N, with their own radii) is wide enough; "
    "then sorted by realism, lowest first: places[scores[places].argsort()]. Not a mask, not the realism, not those with "
    "realism below 1.",
)  # fmt: skip
def check_report_lists_images_outside(diagnosis, own_realism, mixture, imitation):
    """report lists the images that are in no real ball, the least realistic first"""
    sets = _Numbers(mixture, imitation, 4)
    held = sets.in_real.any(0)  # (M,)
    places = (~held).argwhere().flatten()
    call = 'report(real, labels, fake, k=4)["outside"]'
    cause = "a mask: places are asked" if getattr(diagnosis["outside"], "dtype", None) == torch.bool else ""
    got = shaped(diagnosis["outside"], (None,), dtype=torch.int64, call=call, cause=cause)
    _expect_places(got, held, sets.realism, call)
    own = shaped(own_realism, (len(imitation),), dtype=None, call="your own realism").double()
    want = places[own[places].argsort()]
    same(
        got, want, rtol=0, atol=0, dtype=torch.int64, call=call,
        suspects={"the most realistic first": want.flip(0), "not sorted by realism": places,
                  "sorted, but by the place within the list": own[places].argsort()},
    )  # fmt: skip


@check(
    points=4, task="chain", level="wiring",
    hint="As the visible check of photographs, with photographs that you do not have. If only this one fails, a number or a "
    "size is written into the code.",
)  # fmt: skip
def check_six_sets_of_heldout_photographs(heldout_reports, heldout_real, heldout_labels, heldout_fake):
    """The same six kinds of photographs, of images that were held out; judged by the course's own metrics"""
    numbers = shaped(heldout_reports["numbers"], (6, 5), dtype=F64, call="the five numbers of six sets")
    by_class = shaped(heldout_reports["by_class"], (6, 10), dtype=F64, call="coverage by class of six sets")
    outside = shaped(heldout_reports["outside"], (6, 240), dtype=torch.bool, call="images outside, of six sets")
    real = manifold(heldout_real, 5)
    for i, fake in enumerate(heldout_fake):
        found = coverage(real, manifold(fake, 5))
        want = [found.precision, found.recall, found.density, found.coverage, 1 - math.comb(299, 5) / math.comb(539, 5)]
        same(numbers[i], torch.tensor(want), rtol=1e-5, dtype=F64, call=f"the five numbers of set {i + 1}")
        held = distances(real.points, fake.double()) <= real.radii[:, None]  # (300, 240)
        covered = held.any(1).double()
        classes = torch.stack([covered[heldout_labels == c].mean() for c in range(10)])
        same(by_class[i], classes, rtol=1e-6, atol=1e-9, dtype=F64, call=f"coverage by class of set {i + 1}")
        same(outside[i].double(), (~held.any(0)).double(), dtype=F64, call=f"images of set {i + 1}, 1 where outside")


class _Numbers:
    """Precision, recall, density, coverage and realism of a real and a generated set, by sorting and counting."""

    def __init__(self, real, fake, k):
        between, reach = _apart(real, fake), _reach(real, k)
        self.in_real = between < reach[:, None]  # (N, M)
        self.precision, self.coverage = (self.in_real.any(dim).double().mean() for dim in (0, 1))
        self.recall = (between < _reach(fake, k)).any(1).double().mean()
        self.density = self.in_real.sum().double() / (k * len(fake))
        half = reach.argsort()[: len(real) // 2]
        self.realism = (reach[half, None] / between[half]).amax(0)


def _expect_places(got, held, scores, call):
    """The right images, whatever their order."""
    n = len(held)
    require(
        bool(((got >= 0) & (got < n)).all()) and len(got.unique()) == len(got), call=call,
        expected=f"different places from 0 to {n - 1}", got=f"{len(got)} places from {int(got.min())} to {int(got.max())}",
    )  # fmt: skip
    listed = torch.zeros(n, dtype=torch.bool)
    listed[got] = True
    if torch.equal(listed, ~held):
        return
    cause = ""
    for mistake, mask in (
        ("these are the images inside", held), ("realism below 1 is another question: it leaves wide balls out", scores < 1),
    ):  # fmt: skip
        cause = mistake if torch.equal(listed, mask) else cause
    require(
        False, call=call, cause=cause, expected=f"{int((~held).sum())} images that no ball holds",
        got=f"{len(got)} places, {int(listed[held].sum())} of them in a ball, {int((~held & ~listed).sum())} missing",
    )  # fmt: skip


def _is_nan(value):
    return isinstance(value, torch.Tensor) and value.dtype.is_floating_point and bool(value.isnan().any())


def _apart(a, b):
    """Distances (N, M), from the differences."""
    return torch.stack([(b.double() - row).square().sum(1) for row in a.double()]).sqrt()


def _reach(x, k):
    """Distance of each row to the k-th nearest of the others."""
    others = _apart(x, x)[~torch.eye(len(x), dtype=torch.bool)].view(len(x), -1)  # (N, N - 1)
    return others.sort(1).values[:, k - 1]
