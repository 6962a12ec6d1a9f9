"""Judged in the grade only: 43 points."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.checks import check
from autograder.compare import differ, near, require, same, shaped

F64 = torch.float64
SIGMAS = 6
"""Monte-Carlo tolerances, in standard errors: 50 comparisons, and a right answer fails in about one run of 7 million."""
EPS = 1e-6
"""A ridge on the diagonal that is admitted where covariances have low rank."""


@check(
    points=5, task="features", level="value",
    hint="F.interpolate(x, size=(size, size), mode='bilinear', antialias=True) on float images, after the division by 255. "
    "Without a mode it takes the nearest pixel, bicubic is another filter, and without antialias most pixels of a large image "
    "are never looked at. Do not round to bytes after the resize.",
)  # fmt: skip
def check_features_of_resized_images(resized, large_photos, weights_of_large_photos):
    """Colour images of 31 x 22 pixels are resized to 9 x 9, bilinear and antialiased"""
    shapes = resized["shapes"]
    require(shapes == "3 x 9 x 9", expected="images of 3 x 9 x 9", got=f"images of {shapes}", call="what the model was asked")
    pixels, matrix = large_photos.double() / 255, weights_of_large_photos.double()

    def through(**way):
        return F.interpolate(pixels, (9, 9), **way)

    smooth = through(mode="bilinear", antialias=True)
    made = {
        "without antialias": through(mode="bilinear"),
        "without antialias, corners aligned": through(mode="bilinear", align_corners=True),
        "the nearest pixel: neither bilinear nor antialiased": through(mode="nearest"),
        "bicubic, not bilinear": through(mode="bicubic", antialias=True),
        "bicubic without antialias": through(mode="bicubic"),
        "a mean over areas, not bilinear": through(mode="area"),
        "rounded to bytes after the resize": (smooth * 255).round() / 255,
        "cut to bytes after the resize": (smooth * 255).floor() / 255,
        "a part of the image is cut out, not resized": pixels[..., :9, :9],
    }
    want = smooth.flatten(1) @ matrix  # (6, 5)
    suspects = {mistake: image.flatten(1) @ matrix for mistake, image in made.items()}
    suspects["bytes reach the model: the division by 255 is missing"] = 255 * want
    call = "features of images of 31 x 22 pixels, size=9"
    same(resized["features"], want, rtol=1e-4, atol=1e-4, dtype=None, call=call, suspects=suspects)


@check(
    points=3, task="stats", level="value",
    hint="Convert to float64 before anything is computed. In float32 a mean of 2,000 has lost its fourth decimal, and a "
    "difference of large squares has lost everything; a .double() at the end does not bring it back.",
)  # fmt: skip
def check_stats_in_float64(distant_gaussian, distant_rows):
    """Mean and covariance hold for features whose mean is 1,000 times their spread"""
    f = distant_rows.double()
    mu, cov = f.mean(0), torch.cov(f.T)
    single = distant_rows.mean(0)
    same(
        distant_gaussian["mu"], mu, rtol=1e-9, dtype=F64, call="mu of stats(f) for features near 2,000",
        suspects={"computed in float32": single},
    )  # fmt: skip
    same(
        distant_gaussian["cov"], cov, rtol=1e-5, atol=1e-6, dtype=F64, call="cov of stats(f) for features near 2,000",
        suspects={"1/N, where 1/(N-1) is asked": cov * 39 / 40},
    )  # fmt: skip


@check(
    points=2, task="stats", level="wiring",
    hint="f -= mu centres the caller's features in place, because .double() copies nothing if they are float64 already: the next "
    "who uses them gets centred ones, and FID loses its first term. Write f - mu.",
)  # fmt: skip
def check_stats_leave_rows_alone(few_gaussian, few_rows):
    """Fewer images than features are all right, and the features are not changed"""
    same(few_gaussian["rows"], few_rows, rtol=0, dtype=F64, call="f after stats(f)", suspects={
        "f is centred in place": few_rows - few_rows.mean(0)})  # fmt: skip
    same(few_gaussian["mu"], few_rows.mean(0), rtol=1e-6, dtype=F64, call="mu of stats(f), f of shape (4, 9)")
    same(
        few_gaussian["cov"], torch.cov(few_rows.T), rtol=1e-6, atol=1e-6, dtype=F64, call="cov of stats(f), f of shape (4, 9)",
        suspects={"the covariance between images, not between features": torch.zeros(9, 9)},
    )  # fmt: skip


@check(
    points=5, task="sqrtm", level="value",
    hint="With fewer images than features most eigenvalues are 0 but for rounding, some of them -1e-17: clamp(min=0) before "
    "the root. Throw no directions away, and add no more than 1e-6 to the diagonal.",
)  # fmt: skip
def check_root_of_low_rank(thin_root, thin1):
    """sqrtm_psd holds for covariances of 20 images with 64 features, and of one image repeated"""
    u, s, _ = torch.linalg.svd(thin1, full_matrices=False)
    want = (u * s) @ u.T  # (64, 64)
    same(
        thin_root["thin"], want, rtol=1e-3, atol=3 * EPS**0.5, dtype=F64, call="sqrtm_psd of a covariance of 20 images",
        suspects={"the matrix itself": thin1 @ thin1.T, "the root of each entry": (thin1 @ thin1.T).abs().sqrt()},
    )  # fmt: skip
    nothing = torch.zeros(5, 5, dtype=F64)
    same(thin_root["zero"], nothing, atol=3 * EPS**0.5, dtype=F64, call="sqrtm_psd of zeros")


@check(
    points=8, task="trace", level="value",
    hint="Eigenvalues of C1 C2 that are 0 come out as -1e-17, of which sqrt makes NaN, or with an imaginary part. Work on "
    "the symmetric C1^(1/2) C2 C1^(1/2), clamp its eigenvalues at 0, and invert nothing.",
)  # fmt: skip
def check_trace_of_low_rank(thin_traces, thin1, thin2):
    """The trace is real and right for 20 and 23 images with 64 features, in either order, and for one image repeated"""
    want = torch.linalg.svdvals(thin1.T @ thin2).sum()  # the same eigenvalues, without a root
    roots = torch.linalg.svdvals(thin1).sum() * torch.linalg.svdvals(thin2).sum()
    suspects = {
        "the trace of C1 C2: no root is taken": (thin1.T @ thin2).square().sum(),
        "the product of the two roots' traces": roots,
        "roots of the diagonals only": (thin1.square().sum(1) * thin2.square().sum(1)).sqrt().sum(),
        "the rank is cut short, or a product that is not invertible counts as 0": 0.0,
    }
    for key, call in (("both", "trace_sqrt_product(C1, C2)"), ("turned", "trace_sqrt_product(C2, C1)")):
        same(thin_traces[key], want, rtol=1e-2, dtype=F64, call=f"{call} of 20 and 23 images", suspects=suspects)
    ridge = 3 * EPS**0.5 * torch.linalg.svdvals(thin1).sum() + 64 * EPS
    near(thin_traces["collapsed"], 0.0, ridge, dtype=F64, call="trace_sqrt_product(C1, 0), one image repeated")


@check(
    points=4, task="distance", level="value",
    hint="fid takes all features of a set at once: stats(real), stats(fake), then their distance. Means over batches, over "
    "classes or over halves are not FID. Either order gives the same.",
)  # fmt: skip
def check_distance_of_unequal_sets(distance_of_rows, mean1, mean2, cov1, move):
    """fid holds for 17 and 29 images, in either order"""
    apart, still = mean1 - mean2, torch.eye(6, dtype=F64) - move
    shape = (still @ cov1 @ still).trace()
    want = apart @ apart + shape
    suspects = {
        "the means are left out": shape, "the covariances are left out": apart @ apart, "the root of the whole": want.sqrt(),
        "the norm of mu1 - mu2 is not squared": apart.norm() + shape,
    }  # fmt: skip
    same(distance_of_rows["there"], want, rtol=1e-3, dtype=F64, call="fid(real, fake), (17, 6) and (29, 6)", suspects=suspects)
    same(distance_of_rows["back"], want, rtol=1e-3, dtype=F64, call="fid(fake, real), (29, 6) and (17, 6)", suspects=suspects)


@check(
    points=3, task="streaming", level="value",
    hint="The running quantities are float64 from the start, and each batch is converted before it is squared: f = "
    "f.double(). In float32 the sum of squares near 2,000^2 has no digits left for a spread of 1.",
)  # fmt: skip
def check_stream_in_float64(streamed_far, distant_stream):
    """1,200 rows whose mean is 1,000 times their spread, in batches of 97"""
    f = distant_stream.double()
    same(streamed_far["mu"], f.mean(0), rtol=1e-9, dtype=F64, call="mu of StreamingStats for features near 2,000")
    same(
        streamed_far["cov"], torch.cov(f.T), rtol=1e-4, atol=1e-4, dtype=F64,
        call="cov of StreamingStats for features near 2,000",
    )  # fmt: skip


@check(
    points=4, task="streaming", level="wiring",
    hint="compute() only reads: divide into new tensors, not with /= into the running ones. The running quantities belong to "
    "self, made in __init__, so that two streams (real and generated) are not mixed.",
)  # fmt: skip
def check_streams_side_by_side(streamed_twice, two_streams):
    """Two streams do not mix, more updates may follow compute(), and the batches are not changed"""
    same(streamed_twice["rows"], two_streams, rtol=0, dtype=F64, call="the batches after update(f)")
    a, b = two_streams
    cases = (("half", a[:8], "first stream, half of it"), ("first", a, "first stream"), ("second", b, "second stream"))
    for key, rows, call in cases:
        mixed = torch.cat([a, b]) if key != "half" else torch.cat([a[:8], b[:8]])
        cause = {"the two streams are mixed": mixed.mean(0)}
        same(streamed_twice[f"{key}_mu"], rows.mean(0), rtol=1e-6, dtype=F64, call=f"mu of the {call}", suspects=cause)
        cause = {"the two streams are mixed": torch.cov(mixed.T)}
        same(streamed_twice[f"{key}_cov"], torch.cov(rows.T), rtol=1e-6, dtype=F64, call=f"cov of the {call}", suspects=cause)


@check(
    points=2, task="streaming", level="wiring",
    hint="Keep n, a sum (D,) and a sum (D, D), or a running mean and covariance; never the rows, and no list of the batches. "
    "50,000 images of 2,048 features would be 800 MB.",
)  # fmt: skip
def check_stream_does_not_grow(streamed_state):
    """After 60 batches no more is kept than after 3"""
    early, late = streamed_state["early"], streamed_state["late"]
    require(
        early >= 15, expected="running quantities for 5 features, at least 15 numbers", got=f"{early} numbers",
        call="what StreamingStats keeps after 3 batches",
    )  # fmt: skip
    require(
        late == early, expected=f"{early} numbers, as after 3 batches", got=f"{late} numbers",
        call="what StreamingStats keeps after 60 batches", cause="are the rows, or something of each batch, kept?",
    )  # fmt: skip


@check(
    points=4, task="infinity", level="distribution",
    hint="A new torch.randperm(len(fake), generator=generator)[:n] for each size. The first rows are not random, one "
    "permutation for all sizes makes the subsets overlap, and a seed of your own makes every run the same.",
)  # fmt: skip
def check_subsets_are_random(chosen):
    """Every generated row is as likely as any other, subsets are independent, and the generator alone decides"""
    for name in ("first", "second"):
        small, large = _subsets(chosen[name])
        for n, drawn in ((4, small), (7, large)):
            share, first = n / 12, (torch.arange(12) < n).double()
            tolerance = SIGMAS * (share * (1 - share) / 400) ** 0.5
            call = f"how often each of 12 rows is in a subset of {n}"
            suspects = {"always the first rows, not random ones": first}
            near(drawn.mean(0), torch.full((12,), share), tolerance, dtype=None, call=call, suspects=suspects)
        both = (small * large).sum(1).mean()  # of 400 pairs, hypergeometric
        tolerance = SIGMAS * (4 * 7 / 12 * 8 / 12 * 5 / 11 / 400) ** 0.5
        call = "how many rows a subset of 4 and the next, of 7, have in common"
        suspects = {"the smaller subset is part of the larger: one permutation for both": 4.0}
        near(both, 4 * 7 / 12, tolerance, dtype=None, call=call, suspects=suspects)
        again = shaped(chosen[f"{name}_again"], (4400,), dtype=torch.int64, call="rows chosen with a generator of the same seed")
        same(again, chosen[name], rtol=0, dtype=torch.int64, call="rows chosen with a generator of the same seed")
    differ(chosen["first"], chosen["second"], call="rows chosen with generators of two seeds", cause="a fixed seed inside?")


@check(
    points=3, task="chain", level="wiring",
    hint="All parts together: features of bytes, their statistics, and the distance. If every other line holds and this one "
    "does not, the parts do not fit: look at the types and shapes between them.",
)  # fmt: skip
def check_chain_on_photographs(heldout_scores, heldout_photos, filters, phases):
    """From photographs to FID: other photographs, noise, blur, one class only, and noise alone, each with its number"""
    require(len(heldout_scores) == 6, expected="6 numbers", got=f"{len(heldout_scores)} numbers", call="FID of six sets")
    rows = [_sight(each, filters, phases).double() for each in heldout_photos]
    want = torch.stack([_distance(rows[0], other) for other in rows[1:]])
    got = torch.tensor([float(score) for score in heldout_scores], dtype=F64)
    same(got, want, rtol=0.02, dtype=F64, call="FID of six sets of photographs against 600 others", suspects={
        "the root of FID": want.sqrt()})  # fmt: skip


def _subsets(found):
    """Which of 12 rows are in each of 400 subsets of 4, and in the 400 of 7 that follow them: (400, 12) of 0 and 1."""
    call = "the rows chosen in 800 subsets"
    number = shaped(found, (4400,), dtype=torch.int64, call=call)
    require(bool((number >= 0).all() and (number < 12).all()), expected="rows 0 to 11", got="others", call=call)
    pairs = F.one_hot(number.view(400, 11), 12)  # (400, 11, 12)
    small, large = pairs[:, :4].sum(1).double(), pairs[:, 4:].sum(1).double()
    most = max(float(small.max()), float(large.max()))
    require(most == 1, expected="no row twice in one subset", got=f"a row {most:.0f} times", call=call)
    return small, large


def _sight(photos, filters, phases):
    """Features (N, 32) by the small network of the driver."""
    x = F.interpolate(photos.float() / 255, (20, 20), mode="bilinear", antialias=True)
    return 10 * F.avg_pool2d(torch.cos(F.conv2d(x, filters, phases, stride=2)), 4).flatten(1)


def _distance(a, b):
    """FID of two sets of features; the trace is the sum of the singular values of X Y^T, X and Y centred and scaled."""
    apart = a.mean(0) - b.mean(0)
    x, y = (torch.linalg.qr((f - f.mean(0)) / (len(f) - 1) ** 0.5).R for f in (a, b))  # (D, D)
    return apart @ apart + x.square().sum() + y.square().sum() - 2 * torch.linalg.svdvals(x @ y.T).sum()
