"""Judged in the student's own `check` and in the grade: 57 points.

Truth without a root: covariances come in pairs C2 = M C1 M, for which Tr (C1 C2)^(1/2) = Tr (M C1).
"""

from __future__ import annotations

import torch

from autograder.checks import check
from autograder.compare import near, require, same, shaped

F64 = torch.float64


@check(
    points=5, task="features", level="value",
    hint="part.float() / 255 first, and only then the resize and the model. No other range: a network that was trained on "
    "[0, 1] answers something else for bytes or for [-1, 1]. torch.cat keeps the order of the batches.",
)  # fmt: skip
def check_features_of_scaled_images(seen, photos, weights_of_photos):
    """The features are the model's answers to images in [0, 1], in order, the last batch included"""
    matrix, pixels = weights_of_photos.double(), photos.double().flatten(1) / 255
    want = pixels @ matrix  # (23, 5)
    same(
        seen, want, rtol=1e-4, atol=1e-5, dtype=None, call="features(model, images, 14, batch_size=5) of 23 images",
        suspects={
            "bytes reach the model: the division by 255 is missing": 255 * want,
            "images in [-1, 1], not in [0, 1]": (2 * pixels - 1) @ matrix,
            "images in [-0.5, 0.5], not in [0, 1]": (pixels - 0.5) @ matrix,
            "divided by 255 twice": want / 255,
            "divided by 256": want * 255 / 256,
            "each image is scaled by its own brightest pixel": (pixels / pixels.amax(1, keepdim=True)) @ matrix,
            "each row of features is divided by its length": want / want.norm(dim=1, keepdim=True),
        },
    )  # fmt: skip


@check(
    points=3, task="features", level="wiring",
    hint="model.eval() before the first batch, and torch.no_grad() (or inference_mode) around the loop. Take "
    "images.split(batch_size): all images at once need too much memory, and the last batch may be smaller than the others.",
)  # fmt: skip
def check_features_in_eval_mode(asked, photos, weights_of_photos):
    """The model is asked in eval mode, without gradients, at most batch_size float images at a time"""
    want = photos.double().flatten(1) / 255 @ weights_of_photos.double()
    same(
        asked["features"], want, rtol=1e-4, atol=1e-5, dtype=None, call="features of a model that came in training mode",
        suspects={"the model is in training mode: model.eval() is missing": 2 * want},
    )  # fmt: skip
    images, largest, kinds = asked["images"], asked["largest"], asked["kinds"]
    require(
        images == 23 and isinstance(largest, int) and 1 <= largest <= 5, expected="23 images, at most 5 at a time",
        got=f"{images} images, {largest} at a time", call="features(model, images, 14, batch_size=5)",
        cause="is batch_size used?",
    )  # fmt: skip
    require(kinds == "float32", expected="float32 images", got=f"images of type {kinds}", call="what the model was asked")
    require(
        asked["tracked"] is False, expected="features without gradients", got="features that carry gradients",
        call="features(...)", cause="is torch.no_grad() missing?",
    )  # fmt: skip


@check(
    points=6, task="stats", level="value",
    hint="f = f.double(), then the mean over the images, dim 0, and the centred rows: their transpose times themselves, "
    "divided by N - 1. The covariance is between features: (D, D), not (N, N).",
)  # fmt: skip
def check_stats_of_rows(gaussian, rows):
    """stats gives mean (D,) and covariance (D, D) of the rows, float64, with 1/(N-1)"""
    mu, cov = _moments(rows)
    n, spread = len(rows), cov.diagonal().sqrt()
    same(
        gaussian["mu"], mu, rtol=1e-5, atol=1e-5, dtype=F64, call="mu of stats(f), f of shape (11, 6)",
        suspects={"a sum, not a mean": n * mu, "divided by N - 1, which is for the covariance": mu * n / (n - 1)},
    )  # fmt: skip
    same(
        gaussian["cov"], cov, rtol=1e-5, atol=1e-5, dtype=F64, call="cov of stats(f), f of shape (11, 6)",
        suspects={
            "1/N, where 1/(N-1) is asked": cov * (n - 1) / n,
            "not divided by the number of images": cov * (n - 1),
            "the mean is not subtracted": rows.double().T @ rows.double() / (n - 1),
            "the mean is not subtracted, and 1/N": rows.double().T @ rows.double() / n,
            "correlations: divided by the spreads": cov / torch.outer(spread, spread),
            "variances only: the covariances between features are missing": cov.diag().diag(),
        },
    )  # fmt: skip


@check(
    points=7, task="sqrtm", level="value",
    hint="w, v = torch.linalg.eigh(matrix): the columns of v are the eigenvectors. Take the root of w and put the matrix "
    "together again, v diag(root of w) v^T. torch.sqrt(matrix) takes the root of each entry, which is something else.",
)  # fmt: skip
def check_root_squares_to_matrix(square_root, root, matrix):
    """sqrtm_psd gives the symmetric root S without negative eigenvalues, S S = A"""
    w, v = torch.linalg.eigh(matrix)  # of the same matrix as the student's: eigenvectors have the signs that they have there
    w = w.sqrt()
    lower = torch.linalg.cholesky(matrix)
    call = "sqrtm_psd(A), A of shape (7, 7)"
    same(
        square_root, root, rtol=1e-4, atol=1e-4, dtype=F64, call=call,
        suspects={
            "the root of each entry": matrix.abs().sqrt(),
            "a Cholesky factor: L L^T = A, but L is not symmetric": lower,
            "a Cholesky factor, transposed": lower.T,
            "the matrix itself: no root is taken": matrix,
            "half of the matrix": matrix / 2,
            "the square, not the root": matrix @ matrix,
            "the inverse of the root": torch.linalg.inv(root),
            "the root's sign is flipped": -root,
            "eigenvectors times roots: the factor v^T on the right is missing": v * w,
            "v^T diag v in place of v diag v^T: eigh gives the eigenvectors as columns": v.T @ w.diag() @ v,
            "v diag v: the transpose is missing": v * w @ v,
            "roots of the diagonal only": matrix.diag().sqrt().diag(),
            "the eigenvalues' roots, without the eigenvectors": w.diag(),
        },
    )  # fmt: skip


@check(
    points=8, task="trace", level="value",
    hint="root = sqrtm_psd(cov1), then the symmetric matrix root cov2 root: its root's trace is the answer. Neither "
    "sqrtm_psd(cov1 @ cov2), which is not symmetric, nor the product of the two roots: matrices do not commute.",
)  # fmt: skip
def check_trace_of_pair(root_trace, cov1, cov2, roots, trace):
    """trace_sqrt_product gives Tr (C1 C2)^(1/2) for covariances that do not commute"""
    product = cov1 @ cov2
    symmetrised = torch.linalg.eigvalsh(product).clamp(min=0)  # what eigh makes of the lower triangle
    upper = torch.linalg.eigvalsh(product, UPLO="U").clamp(min=0)
    halved = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0)
    same(
        root_trace, trace, rtol=1e-3, dtype=F64, call="trace_sqrt_product(cov1, cov2), both (6, 6)",
        suspects={
            "the product of the two roots: (AB)^(1/2) is not A^(1/2) B^(1/2)": (roots[0] @ roots[1]).trace(),
            "the root of each entry of C1 C2": product.abs().sqrt().trace(),
            "only the diagonals count: C1 * C2 is the product of entries, not of matrices": (cov1 * cov2).abs().sqrt().trace(),
            "eigh of C1 C2, which is not symmetric": symmetrised.sqrt().sum(),
            "eigh of C1 C2, which is not symmetric, from its upper triangle": upper.sqrt().sum(),
            "C1 C2 made symmetric, (P + P^T) / 2: that has other eigenvalues": halved.sqrt().sum(),
            "the trace of C1 C2: no root is taken": product.trace(),
            "the root of the trace, not the trace of the root": product.trace().sqrt(),
            "the root is taken twice": torch.linalg.eigvals(product).real.clamp(min=0).pow(0.25).sum(),
            "the singular values of C1 C2, not its eigenvalues": torch.linalg.svdvals(product).sqrt().sum(),
            "the sum of the two roots' traces": (roots[0] + roots[1]).trace(),
            "2 times the trace: that factor belongs into the distance": 2 * trace,
        },
    )  # fmt: skip


@check(
    points=5, task="distance", level="value",
    hint="|mu1 - mu2|^2 + Tr C1 + Tr C2 - 2 Tr (C1 C2)^(1/2): the norm of the means is squared, the trace from TODO 4 counts "
    "twice, and no root is taken of the whole.",
)  # fmt: skip
def check_distance_of_two_gaussians(distance, mean1, mean2, cov1, cov2, move, trace, roots):
    """frechet_distance gives |mu1 - mu2|^2 + Tr (C1 + C2 - 2 (C1 C2)^(1/2))"""
    apart = mean1 - mean2
    still = torch.eye(6, dtype=F64) - move
    shape = (still @ cov1 @ still).trace()  # the mean squared way from x to M x
    want, norm = apart @ apart + shape, apart.norm()
    entries = torch.sqrt((cov1 @ cov2).abs()).trace()
    same(
        distance, want, rtol=1e-3, dtype=F64, call="frechet_distance(mu1, cov1, mu2, cov2)",
        suspects={
            "the norm of mu1 - mu2 is not squared": norm + shape,
            "the factor 2 in front of the last trace is missing": want + trace,
            "the last trace is added, not subtracted": want + 4 * trace,
            "the root of the whole: FID is the square": want.sqrt(),
            "the means are left out": shape,
            "the covariances are left out": apart @ apart,
            "Tr C2 is missing": want - cov2.trace(),
            "Tr C1 is missing": want - cov1.trace(),
            "a mean over the features, not a sum, for the means": apart @ apart / 6 + shape,
            "the squared length of C1 - C2, not the traces": apart @ apart + (cov1 - cov2).square().sum(),
            "the diagonals only": apart @ apart + (cov1.diag().sqrt() - cov2.diag().sqrt()).square().sum(),
            "the squared length of the difference of the roots": apart @ apart + (roots[0] - roots[1]).square().sum(),
            "the root of each entry of C1 C2": want + 2 * trace - 2 * entries,
            "|mu1| and |mu2| are subtracted, not the vectors": (mean1.norm() - mean2.norm()).square() + shape,
        },
    )  # fmt: skip


@check(
    points=4, task="distance", level="value",
    hint="Both sets get their own mean and covariance, over all their images at once. Moving a set by d moves its mean by d "
    "and leaves its covariance: FID is |d|^2. A set against itself has FID 0, but for rounding.",
)  # fmt: skip
def check_shift_costs_its_square(distance_when_shifted, shift):
    """fid(x, x) = 0, and fid(x, x + d) = |d|^2"""
    d = shift.double()
    near(distance_when_shifted["itself"], 0.0, 1e-2, dtype=F64, call="fid(x, x)")
    same(
        distance_when_shifted["shifted"], d @ d, rtol=1e-3, atol=1e-2, dtype=F64, call="fid(x, x + d), both (17, 6)",
        suspects={
            "|d|, not its square": d.norm(), "a mean over the features": d @ d / 6, "the sum of d, squared": d.sum().square(),
            "the means are left out": 0.0,
        },
    )  # fmt: skip


@check(
    points=7, task="streaming", level="value",
    hint="Add up n, the sum of the rows and the sum of their outer products, f.T @ f, over all batches; divide only in "
    "compute. Batches differ in size, and one of them has a single row: means of means, or of covariances, go wrong.",
)  # fmt: skip
def check_stream_equals_whole(streamed, stream):
    """Batches of 5, 1, 9 and 3 rows give the mean and covariance of all 18 rows"""
    mu, cov = _moments(stream)
    parts = stream.double().split([5, 1, 9, 3])
    whole = [part for part in parts if len(part) > 1]
    covs = torch.stack([_moments(part)[1] for part in whole])
    inside = sum(_moments(part)[1] * (len(part) - 1) for part in whole) / 17
    same(
        streamed["mu"], mu, rtol=1e-5, atol=1e-5, dtype=F64, call="mu of StreamingStats after four batches",
        suspects={
            "the mean of the batches' means: batches differ in size": torch.stack([part.mean(0) for part in parts]).mean(0),
            "the last batch only": parts[-1].mean(0), "a sum, not a mean": 18 * mu, "divided by the number of batches": 4.5 * mu,
        },
    )  # fmt: skip
    outer = torch.outer(mu, mu)
    same(
        streamed["cov"], cov, rtol=1e-5, atol=1e-5, dtype=F64, call="cov of StreamingStats after four batches",
        suspects={
            "1/N, where 1/(N-1) is asked": cov * 17 / 18,
            "the mean of the batches' covariances": covs.mean(0),
            "covariances within the batches only: the batches' means differ too": inside,
            "the last batch only": _moments(parts[-1])[1],
            "the mean is not subtracted": cov + outer * 18 / 17,
            "the mean is not subtracted, and 1/N": cov * 17 / 18 + outer,
            "S/(n-1) - mu mu^T: the second term needs n/(n-1)": cov + outer / 17,
            "not divided by n - 1": 17 * cov,
        },
    )  # fmt: skip


@check(
    points=6, task="infinity", level="value",
    hint="The points of the line are (1/n, FID), not (n, FID); its value at 1/n = 0 is the intercept. A least-squares line goes "
    "through the mean of the points, and torch.linalg.lstsq, or a formula for its slope, gives the rest. Keep to float64.",
)  # fmt: skip
def check_line_read_off_at_zero(intercept, curve_sizes, curve):
    """fid_infinity gives the intercept of the least-squares line through (1/n, FID)"""
    n = curve_sizes.double()
    want, slope = _line(1 / n, curve)
    linear, _ = _line(n, curve)
    turned, steep = _line(curve, 1 / n)
    through = _line(1 / n.sort().values[[0, -1]], curve[n.argsort()[[0, -1]]])
    same(
        intercept, want, rtol=1e-5, dtype=F64, call="fid_infinity(real, fake, sizes, distance)",
        suspects={
            "the line is drawn through (n, FID), not through (1/n, FID)": linear,
            "the slope of the line, not its intercept": slope,
            "the mean of all distances": curve.mean(),
            "the distance for the most images: nothing is extrapolated": curve[n.argmax()],
            "a line through the first and the last point only": through[0],
            "the line is read off at n = 1, not at 1/n = 0": want + slope,
            "1/n^2 in place of 1/n": _line(1 / n.square(), curve)[0],
            "1/sqrt(n) in place of 1/n": _line(n.rsqrt(), curve)[0],
            "1/n as a function of the distance: the axes are swapped": -turned / steep,
            "the sizes are sorted, the distances are not": _line(1 / n.sort().values, curve)[0],
        },
    )  # fmt: skip


@check(
    points=6, task="infinity", level="wiring",
    hint="For each n of sizes, in turn: torch.randperm(len(fake))[:n] picks n different rows, then distance(real, "
    "fake[those]). The real features are never cut, and they come first.",
)  # fmt: skip
def check_subsets_of_each_size(subsets, anchors, pool, curve_sizes):
    """The distance is asked once for each size: all real rows, and that many different generated rows"""
    sizes, call = curve_sizes.tolist(), "the calls distance(real, subset)"
    require(
        subsets["sizes"] == sizes, expected=f"subsets of {sizes} rows, in this order", got=f"{subsets['sizes']}", call=call,
        cause="(subset, real) in place of (real, subset)?" if set(subsets["sizes"]) == {len(anchors)} else "",
    )  # fmt: skip
    same(
        subsets["real"], anchors.repeat(len(sizes), 1), rtol=0, call="the first argument of distance, over all calls",
    )  # fmt: skip
    fake = shaped(subsets["fake"], (sum(sizes), 4), call="the second argument of distance, over all calls")
    number = fake[:, 0].double().round().clamp(0, len(pool) - 1).long()
    same(fake, pool[number], rtol=0, call="rows of fake that distance was asked, each as it is in fake")
    for n, subset in zip(sizes, number.split(sizes), strict=True):
        require(
            len(subset.unique()) == n, expected=f"{n} different rows", got=f"{len(subset.unique())} different rows",
            call=f"the subset of {n} rows", cause="drawn with replacement: torch.randint repeats rows, torch.randperm does not",
        )  # fmt: skip


def _moments(rows):
    """Mean and covariance with 1/(N-1), by way of the differences of all pairs of rows."""
    f = rows.double()
    apart = (f[:, None] - f[None]).flatten(0, 1)  # (N * N, D)
    return f.mean(0), apart.T @ apart / (2 * len(f) * (len(f) - 1))


def _line(x, y):
    """Intercept and slope of the least-squares line, by the normal equations."""
    ones = torch.stack([torch.ones_like(x), x], 1)  # (K, 2)
    found = torch.linalg.solve(ones.T @ ones, ones.T @ y)
    return found[0], found[1]
