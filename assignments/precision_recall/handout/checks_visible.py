"""Judged in the student's own `check` and in the grade: 57 points. Truth is computed here, by sorting and counting."""

from __future__ import annotations

import math

import torch

from autograder.checks import check
from autograder.compare import require, same, shaped

F64 = torch.float64
K = (1, 3, 6)
NUMBERS = ("precision", "recall", "density", "coverage", "expected_coverage")
SETS = ("others", "blurred", "noisy", "three classes missing", "sneakers only", "24, each ten times")


@check(
    points=3, task="distances", level="shape",
    hint="Rows of a become rows of the answer, rows of b its columns. Sum over the features, the last dimension, and nothing "
    "else: no squeeze, which takes a single row or column away as well.",
)  # fmt: skip
def check_distances_have_a_row_for_each_of_a(narrow):
    """distances gives (N, M): one row of a, one row of b and one feature work too, and d(b, a) is d(a, b) turned"""
    whole = shaped(narrow["whole"], (7, 4), dtype=None, call="distances(a, b), a (7, 5), b (4, 5)")
    for name, want, call in (
        ("one_row", whole[2:3], "distances(a[2:3], b)"), ("one_column", whole[:, 1:2], "distances(a, b[1:2])"),
        ("turned", whole.T, "distances(b, a)"),
    ):  # fmt: skip
        same(narrow[name], want, rtol=1e-4, atol=1e-5, dtype=None, call=call)
    beside = shaped(narrow["beside_zeros"], (7, 4), dtype=None, call="distances of rows of two features, one of them 0")
    same(narrow["one_feature"], beside, rtol=1e-4, atol=1e-5, dtype=None, call="distances of rows of one feature")


@check(
    points=6, task="distances", level="value",
    hint="The root of the sum of the squared differences, for each pair of rows, in float64: a.double() first. torch.cdist(a, "
    "b) knows the formula; the sum runs over features, and it is no mean.",
)  # fmt: skip
def check_distances_agree_with_definition(apart, left, right):
    """distances gives the Euclidean distance of each pair of rows, float64"""
    want, n = _apart(left, right), left.shape[1]
    differences = (left[:, None] - right).abs()  # (7, 4, 5)
    normal = [t.double() / t.double().norm(dim=1, keepdim=True) for t in (left, right)]
    same(
        apart, want, rtol=1e-5, atol=1e-5, dtype=F64, call="distances(a, b), a (7, 5), b (4, 5)",
        suspects={
            "squared distances: the root is missing": want.square(),
            "the sum of absolute differences, p = 1": differences.sum(2),
            "the largest difference, p = infinity": differences.amax(2),
            "a mean over the features, where the sum belongs": want / n**0.5,
            "a mean over the features, and no root": want.square() / n,
            "one minus the cosine, not the distance": 1 - normal[0] @ normal[1].T,
            "the rows are brought to length 1 first": _apart(*normal),
            "the inner product": left.double() @ right.double().T,
        },
    )  # fmt: skip


@check(
    points=7, task="radii", level="value",
    hint="In the matrix of distances of x to itself, each row holds the point's distance to itself, 0. Sort the row: number 0 "
    "is the point, number k its k-th neighbour; kthvalue(k + 1) counts from 1. Or set the diagonal to infinity and take "
    "the k-th smallest.",
)  # fmt: skip
def check_radii_leave_the_point_itself_out(radii, points):
    """knn_radii gives each point's distance to its k-th nearest neighbour, itself not counted, for k = 1, 3, 7"""
    between = _apart(points, points).sort(1).values  # (13, 13), the point itself first
    for k in (1, 3, 7):
        want = _reach(points, k)
        same(
            radii[f"k={k}"], want, rtol=1e-5, atol=1e-6, dtype=F64, call=f"knn_radii(x, k={k}), x (13, 4)",
            suspects={
                "the point itself is counted as its first neighbour": between[:, k - 1],
                "one too far: number k + 1": between[:, k + 1],
                "two too far": between[:, k + 2],
                "the k-th farthest point, not the k-th nearest": between.flip(1)[:, k - 1],
                "the mean of the k nearest, not the k-th": between[:, 1 : k + 1].mean(1),
                "the mean of the k nearest, the point itself among them": between[:, :k].mean(1),
                "the sum of the k nearest": between[:, 1 : k + 1].sum(1),
                "the square of the radius": want.square(),
                "k is ignored: this is the nearest neighbour": between[:, 1],
                "k is ignored: this is number 5": between[:, 5],
                "the distance to the farthest point": between[:, -1],
            },
        )  # fmt: skip


@check(
    points=8, task="precision", level="value",
    hint="inside[i, j] = distances(real, fake)[i, j] <= knn_radii(real, k)[i]: fake j is in the ball of real i. Precision: any "
    "over the real ones (dim 0), mean over the M fakes. Recall: the balls around the *fake* ones, any over them, mean "
    "over the N real.",
)  # fmt: skip
def check_precision_and_recall_of_two_clouds(quality, cloud, other_cloud):
    """precision and recall of two clouds that overlap, for k = 1, 3, 6"""
    sets = [_Sets(cloud, other_cloud, k) for k in K]
    wrong = {
        "precision": {
            "precision and recall are exchanged": [s.recall for s in sets],
            "the balls of the generated images are taken: knn_radii(real, k)": [s.in_fake.any(0).double().mean() for s in sets],
            "the share of pairs, not of images with any ball": [s.in_real.double().mean() for s in sets],
            "all balls have to hold the image; any one will do": [s.in_real.all(0).double().mean() for s in sets],
            "only the ball of the nearest real image is asked": [s.nearest_ball(0) for s in sets],
            "counted over the real images: this is coverage": [s.coverage for s in sets],
            "the number of images, divided by the wrong one": [s.in_real.any(0).sum() / s.n for s in sets],
        },
        "recall": {
            "precision and recall are exchanged": [s.precision for s in sets],
            "the real balls are taken, so this is coverage: knn_radii(fake, k)": [s.coverage for s in sets],
            "the share of pairs, not of images with any ball": [s.in_fake.double().mean() for s in sets],
            "only the ball of the nearest generated image is asked": [s.nearest_ball(1) for s in sets],
            "the number of images, divided by the wrong one": [s.in_fake.any(1).sum() / s.m for s in sets],
            "counted over the generated images": [s.in_fake.any(0).double().mean() for s in sets],
        },
    }
    others = _off_by_one(cloud, other_cloud)
    for name in ("precision", "recall"):
        suspects = {mistake: torch.stack([torch.as_tensor(v) for v in values]) for mistake, values in wrong[name].items()}
        suspects |= {mistake: torch.stack([getattr(s, name) for s in made]) for mistake, made in others.items()}
        want = torch.stack([getattr(s, name) for s in sets])
        got = _each(quality, name, [f"k={k}" for k in K], "precision_recall(real, fake, k)")
        same(got, want, rtol=1e-6, dtype=None, call=f"{name} for k = 1, 3, 6, real (90, 3), fake (65, 3)", suspects=suspects)


@check(
    points=9, task="density", level="value",
    hint="Both use the balls of the real images alone. density: number of balls around each fake (sum, not any), mean over the "
    "M fakes, divided by k, never clipped. coverage: any over the fakes (dim 1), mean over the N real balls.",
)  # fmt: skip
def check_density_and_coverage_of_two_clouds(counts, cloud, other_cloud):
    """density and coverage of two clouds that overlap, for k = 1, 3, 6"""
    sets = [_Sets(cloud, other_cloud, k) for k in K]
    wrong = {
        "density": {
            "not divided by k": [s.density * s.k for s in sets],
            "this is precision: count the balls, do not only ask whether there is one": [s.precision for s in sets],
            "clipped at 1": [s.density.clamp(max=1) for s in sets],
            "a mean over all pairs: the number of balls is to be summed": [s.in_real.double().mean() for s in sets],
            "a mean over all pairs, divided by k": [s.in_real.double().mean() / s.k for s in sets],
            "divided by N, not by M": [s.in_real.sum() / (s.k * s.n) for s in sets],
            "divided by k + 1": [s.density * s.k / (s.k + 1) for s in sets],
            "the balls of the generated images are counted": [s.in_fake.sum() / (s.k * s.m) for s in sets],
            "density and coverage are exchanged": [s.coverage for s in sets],
        },
        "coverage": {
            "this is precision: coverage asks each real ball whether it holds an image": [s.precision for s in sets],
            "this is recall: coverage uses the balls of the real images": [s.recall for s in sets],
            "density and coverage are exchanged": [s.density for s in sets],
            "the share of pairs": [s.in_real.double().mean() for s in sets],
            "the number of balls, divided by M": [s.in_real.any(1).sum() / s.m for s in sets],
            "a real image is covered once only: each generated one covers its nearest": [s.claimed() for s in sets],
            "divided by k as well": [s.coverage / s.k for s in sets],
        },
    }
    others = _off_by_one(cloud, other_cloud)
    for name in ("density", "coverage"):
        suspects = {mistake: torch.stack([torch.as_tensor(v) for v in values]) for mistake, values in wrong[name].items()}
        suspects |= {mistake: torch.stack([getattr(s, name) for s in made]) for mistake, made in others.items()}
        want = torch.stack([getattr(s, name) for s in sets])
        got = _each(counts, name, [f"k={k}" for k in K], "density_coverage(real, fake, k)")
        same(got, want, rtol=1e-6, dtype=None, call=f"{name} for k = 1, 3, 6, real (90, 3), fake (65, 3)", suspects=suspects)


@check(
    points=6, task="realism", level="value",
    hint="radii / distances, not the other way round, as a matrix (real, fake); the rows whose radius is above the median are "
    "left out; then the largest value of each column. The nearest real image need not give it: a wider ball farther off "
    "may.",
)  # fmt: skip
def check_realism_of_each_image(scores, gallery, visitors):
    """realism gives the largest ratio of radius to distance for each image, over the smaller half of the balls"""
    for k in (2, 5):
        reach, between = _reach(gallery, k), _apart(gallery, visitors)  # (44,), (44, 83)
        order, ratio = reach.argsort(), reach[:, None] / between
        half = ratio[order[:22]]
        nearest = between.argmin(0)
        same(
            scores[f"k={k}"], half.amax(0), rtol=1e-3, atol=1e-4, dtype=None,
            call=f"realism(real, fake, k={k}), real (44, 5), fake (83, 5)",
            suspects={
                "no ball is left out": ratio.amax(0),
                "the smaller half is left out, where the wider one belongs": ratio[order[22:]].amax(0),
                "one ball too few: the radius at the median takes part": ratio[order[:21]].amax(0),
                "one ball too many": ratio[order[:23]].amax(0),
                "only balls below the mean radius": ratio[reach <= reach.mean()].amax(0),
                "the smallest ratio, not the largest": half.amin(0),
                "the mean ratio, not the largest": half.mean(0),
                "the largest distance over radius: turned upside down": (1 / half).amax(0),
                "distance over radius: turned upside down": (1 / half).amin(0),
                "the radius of the nearest real image only": ratio.gather(0, nearest[None])[0],
                "the squared ratio: squared distances": half.amax(0).square(),
                "whether the image is in a ball, not how deep": (half.amax(0) >= 1).double(),
                "k is ignored": (_reach(gallery, 5)[:, None] / between)[_reach(gallery, 5).argsort()[:22]].amax(0),
            },
        )  # fmt: skip


@check(
    points=5, task="expected", level="value",
    hint="A product over i = 1 to k of (n - i) / (n + m - i), then one minus that. n is the number of real images, which "
    "stands in the numerator; the index starts at 1, because an image is none of its own neighbours.",
)  # fmt: skip
def check_expected_coverage_of_few_images(expected, sizes):
    """expected_coverage agrees with counting, for six triples of n, m, k"""
    rows = sizes.tolist()
    require(len(expected) == len(rows), expected="6 numbers", got=f"{len(expected)}", call="expected_coverage")

    def of(formula):
        return torch.tensor([formula(n, m, k) for n, m, k in rows], dtype=F64)

    # Of all choices of k among the n + m - 1 other images, those without a generated one.
    want = of(lambda n, m, k: 1 - math.comb(n - 1, k) / math.comb(n + m - 1, k))
    suspects = {
        "the product itself: one minus it is asked": 1 - want,
        "n and m are exchanged": of(lambda n, m, k: 1 - math.comb(m - 1, k) / math.comb(n + m - 1, k)),
        "the index starts at 0: the image is its own neighbour": of(lambda n, m, k: 1 - math.comb(n, k) / math.comb(n + m, k)),
        "the index ends at k - 1": of(lambda n, m, k: 1 - math.comb(n - 1, k - 1) / math.comb(n + m - 1, k - 1)),
        "the last factor only": of(lambda n, m, k: 1 - (n - k) / (n + m - k)),
        "the first factor k times: the images are drawn without replacement": of(
            lambda n, m, k: 1 - ((n - 1) / (n + m - 1)) ** k),
        "(n / (n + m))^k, which holds for endless sets only": of(lambda n, m, k: 1 - (n / (n + m)) ** k),
        "1 - 2^-k, which holds for n = m and endless sets only": of(lambda n, m, k: 1 - 0.5**k),
        "n is taken for m": of(lambda n, m, k: 1 - math.comb(n - 1, k) / math.comb(2 * n - 1, k)),
    }  # fmt: skip
    found = [shaped(each, (), dtype=None, call="expected_coverage(n, m, k)").double() for each in expected]
    same(torch.stack(found), want, rtol=1e-6, dtype=None, call=f"expected_coverage for (n, m, k) = {rows}", suspects=suspects)


@check(
    points=4, task="report", level="wiring",
    hint="Hand real, fake and k on to your own functions, in this order. len(real) and len(fake) go into expected_coverage. "
    "Judged against your own functions: if those are wrong, mend them first.",
)  # fmt: skip
def check_report_holds_the_five_numbers(diagnosis, own_numbers, mixture, imitation):
    """report holds the five numbers that your own functions give for the same sets and the same k"""
    n, m = len(mixture), len(imitation)
    turned, other = _Sets(imitation, mixture, 4), _Sets(mixture, imitation, 5)
    own = {name: shaped(own_numbers[name], (), dtype=None, call=f"your own {name}").double() for name in NUMBERS}
    for name in NUMBERS:
        suspects = {f"this is the {each.replace('_', ' ')}": value for each, value in own.items() if each != name}
        if name == "expected_coverage":
            suspects["n and m are exchanged"] = 1 - math.comb(m - 1, 4) / math.comb(n + m - 1, 4)
            suspects["k is not handed on: this is for k = 5"] = 1 - math.comb(n - 1, 5) / math.comb(n + m - 1, 5)
        else:
            suspects["k is not handed on: this is for k = 5"] = getattr(other, name)
            suspects["real and fake are exchanged"] = getattr(turned, name)
        call = f'report(real, labels, fake, k=4)["{name}"]'
        same(diagnosis[name], own[name], rtol=1e-6, dtype=None, call=call, suspects=suspects)


@check(
    points=5, task="report", level="value",
    hint="One vector over the real images: is there a fake in my ball? Its mean over labels == c is the coverage of class c. "
    "The radii come from all real images; the divisor is the number of real images of the class.",
)  # fmt: skip
def check_report_tells_lost_classes(diagnosis, mixture, imitation, classes):
    """report gives the coverage of each class: 0 for the class that was lost"""
    sets = _Sets(mixture, imitation, 4)
    members = [classes == c for c in range(5)]

    def by_class(values):
        return torch.stack([values[rows].double().mean() for rows in members])

    full, call = sets.in_real.any(1), 'report(real, labels, fake, k=4)["coverage_by_class"]'
    inside = torch.stack([_Sets(mixture[rows], imitation, 4).coverage for rows in members])
    share = torch.stack([full[rows].double().sum() for rows in members])
    same(
        diagnosis["coverage_by_class"], by_class(full), rtol=1e-6, atol=1e-9, dtype=None, call=call,
        suspects={
            "each class gets radii of its own: the radii of all real images are asked": inside,
            "divided by the number of all real images": share / sets.n,
            "the number of balls, not their share": share,
            "the share of all covered balls that belong to the class": share / share.sum(),
            "this is recall, class by class: the balls of the real images are asked": by_class(sets.in_fake.any(1)),
            "the number of images in each ball, not whether there is one": by_class(sets.in_real.sum(1)),
            "k is not handed on: this is for k = 5": by_class(_Sets(mixture, imitation, 5).in_real.any(1)),
            "the share that is lost, not the share that is covered": 1 - by_class(full),
            "the labels are sorted, the images are not": torch.stack([full[classes.sort().values == c].double().mean()
                                                                      for c in range(5)]),
        },
    )  # fmt: skip


@check(
    points=4, task="chain", level="wiring",
    hint="This runs report as you hand it in, with k left out, so k = 5. If it fails alone, look at the default of k and at "
    "float32 features; otherwise mend what the other checks name first.",
)  # fmt: skip
def check_six_sets_of_photographs(photo_reports, photos_real, photo_labels, photos_fake):
    """From features of photographs to numbers: others, blurred, noisy, without three classes, of one class, repeated"""
    reach = _reach(photos_real, 5)
    expected = torch.tensor(1 - math.comb(299, 5) / math.comb(539, 5), dtype=F64)
    numbers = shaped(photo_reports["numbers"], (6, 5), dtype=F64, call="the five numbers of six sets")
    by_class = shaped(photo_reports["by_class"], (6, 10), dtype=F64, call="coverage by class of six sets")
    outside = shaped(photo_reports["outside"], (6, 240), dtype=torch.bool, call="images outside, of six sets")
    for i, (name, fake) in enumerate(zip(SETS, photos_fake, strict=True)):
        sets = _Sets(photos_real, fake, 5, reach=reach)
        want = torch.stack([*(getattr(sets, number) for number in NUMBERS[:4]), expected])
        for number, got, true in zip(NUMBERS, numbers[i], want, strict=True):
            same(got, true, rtol=1e-6, dtype=None, call=f"report of 240 photographs ({name}): {number}")
        covered = sets.in_real.any(1).double()
        classes = torch.stack([covered[photo_labels == c].mean() for c in range(10)])
        same(by_class[i], classes, rtol=1e-6, atol=1e-9, dtype=None, call=f"coverage_by_class of 240 photographs ({name})")
        held = sets.in_real.any(0).double()  # (240,)
        same(outside[i].double(), 1 - held, dtype=None, call=f"report of 240 photographs ({name}): 1 where outside", suspects={
            "these are the images inside": held})  # fmt: skip


class _Sets:
    """All that can be counted of a real and a generated set."""

    def __init__(self, real, fake, k, *, further=0, reach=None):
        """further: 1 where the radius is one neighbour too far, -1 where the point itself is counted. reach: of the real ones."""
        self.k, self.n, self.m = k, len(real), len(fake)
        self.between = _apart(real, fake)  # (N, M)
        reach = _reach(real, k + further) if reach is None else reach
        self.in_real = self.between < reach[:, None]  # in the ball of real i
        self.in_fake = self.between < _reach(fake, k + further)  # in the ball of fake j
        self.precision, self.recall = self.in_real.any(0).double().mean(), self.in_fake.any(1).double().mean()
        self.density, self.coverage = self.in_real.sum().double() / (k * self.m), self.in_real.any(1).double().mean()

    def nearest_ball(self, side):
        """Share of images that lie in the ball of the nearest image of the other set."""
        inside = (self.in_real, self.in_fake)[side]
        return inside.gather(side, self.between.argmin(side, keepdim=True)).double().mean()

    def claimed(self):
        """Share of real images that are the nearest one of some generated image, and hold it."""
        nearest = self.between.argmin(0)
        held = self.in_real[nearest, torch.arange(self.m)]
        return torch.tensor(len(nearest[held].unique()) / self.n, dtype=F64)


def _off_by_one(real, fake):
    """The same sets with wrong radii."""
    near = [_Sets(real, fake, k, further=-1) for k in K]
    return {
        "the radius counts the point itself as a neighbour": near,
        "the radius reaches one neighbour too far": [_Sets(real, fake, k, further=1) for k in K],
        "k is ignored: this is for k = 5": [_Sets(real, fake, 5) for _ in K],
    }


def _apart(a, b):
    """Distances (N, M), from the differences."""
    return torch.stack([(b.double() - row).square().sum(1) for row in a.double()]).sqrt()


def _reach(x, k):
    """Distance of each row to the k-th nearest of the others; 0 for k = 0."""
    between = _apart(x, x)
    others = between[~torch.eye(len(x), dtype=torch.bool)].view(len(x), -1)  # (N, N - 1)
    return others.sort(1).values[:, k - 1] if k else torch.zeros(len(x), dtype=F64)


def _each(found, name, keys, call):
    """One number for each of the calls."""
    return torch.stack([shaped(found[key][name], (), dtype=None, call=f"{name} of {call}, {key}").double() for key in keys])
