# %% [markdown]
# # Precision and recall, density and coverage
#
# FID says that a generator is wrong, not what is wrong with it. Two questions are worth asking apart:
#
# - *quality*: does each generated image look like a real one?
# - *variety*: is there, for each real image, a generated one that looks like it?
#
# Both are about looking like, and looking like is a distance between *features*: vectors that a network computes of images. A
# set of features stands for the region that balls around its points fill. A ball reaches to the k-th nearest neighbour of its
# centre in the same set: small where the set is dense, large where it is thin.
#
# Sources: Kynkäänniemi et al., *Improved Precision and Recall Metric for Assessing Generative Models*, arXiv:1904.06991 (TODO
# 2, 3 and 5); Naeem et al., *Reliable Fidelity and Diversity Metrics for Generative Models*, arXiv:2002.09797 (TODO 4 and 6).
#
# Sizes: N real images, M generated ones ("fake"), D features, C classes. Work in float64, whatever comes in.

# %%
"""Precision, recall, density, coverage (Kynkäänniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797)."""

import torch
from torch import Tensor

# %% [markdown]
# ## TODO 1 · Distances
# The Euclidean distance of each row of a to each row of b:
#
#     d_ij  =  ( sum_l (a_il - b_jl)^2 )^(1/2)
#
# Three ways to get it wrong:
#
# - |a|^2 - 2 a b + |b|^2 is fast, and in float32 it is wrong: the difference of two large numbers. In float64 it may still
#   come out as -1e-12 for equal rows, whose root is NaN.
# - `torch.cdist` takes that way by itself for more than 25 rows, and computes in the type that it is given.
# - (a[:, None] - b[None]) holds N x M x D numbers: 1.4 GB for 1,500 and 1,200 rows of 100 features.


# %%
def distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances in float64. a: (N, D), b: (M, D). Returns (N, M); 0, but for 1e-4, for equal rows."""
    # TODO 1: distance of each row of a to each row of b
    raise NotImplementedError("TODO 1: distances")


# %% [markdown]
# ## TODO 2 · How far a ball reaches
# The radius of a point's ball is its distance to its k-th nearest neighbour in the same set, NN_k in Kynkäänniemi et al.:
#
#     r_i  =  the k-th smallest of the N - 1 distances of x_i to the *other* points
#
# A point is no neighbour of itself, though its distance to itself, 0, is the smallest in its row. But another point at the
# same place, such as an image that a generator makes twice, *is* a neighbour, at distance 0.


# %%
def knn_radii(x: Tensor, k: int) -> Tensor:
    """Distance of each point to its k-th nearest neighbour, itself not counted. x: (N, D), 1 <= k < N. Returns (N,), float64."""
    # TODO 2: the k-th smallest distance to another point
    raise NotImplementedError("TODO 2: knn_radii")


# %% [markdown]
# ## TODO 3 · Precision and recall
# Kynkäänniemi et al., Eq. 1 and 2. An image is in the region of a set if it is in *at least one* of its balls:
#
#     precision  =  share of the generated images that are in a ball of a real image
#     recall     =  share of the real images that are in a ball of a generated image
#
# The same function twice, with the sets exchanged. Mind whose radius is whose: precision uses the balls around real images,
# recall those around generated ones.


# %%
def precision_recall(real: Tensor, fake: Tensor, k: int = 5) -> tuple[float, float]:
    """Precision and recall. real: (N, D), fake: (M, D)."""
    # TODO 3: who is in at least one ball of the other set?
    raise NotImplementedError("TODO 3: precision_recall")


# %% [markdown]
# ## TODO 4 · Density and coverage
# One real outlier is enough to spoil precision: its neighbours are far, its ball is huge, and whatever a generator puts there
# counts as good. A few bad generated images spoil recall in the same way. Naeem et al. mend both with the *real* balls alone:
#
#     density   =  1/(k M) sum_j ( number of real balls that hold fake j )
#     coverage  =  share of the real balls that hold at least one generated image
#
# Density counts balls where precision asks for one: far out there is one ball, in the middle there are many. It is 1 on
# average if both sets come from one distribution, and it may be larger than 1.


# %%
def density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> tuple[float, float]:
    """Density and coverage. real: (N, D), fake: (M, D)."""
    # TODO 4: count balls of the real images only
    raise NotImplementedError("TODO 4: density_coverage")


# %% [markdown]
# ## TODO 5 · Realism of a single image
# How deep inside, or how far outside, is one generated image? Kynkäänniemi et al., Eq. 3, the largest ratio over real images
# i:
#
#     realism_j  =  max_i  r_i / d_ij
#
# 1 is the border: above it the image is in a ball. Because one huge ball would decide for everybody, only the smaller half of
# the balls takes part: those whose radius is not above the median of the radii. (With an even number of real images and two
# different radii in the middle, as in all checks, that is exactly half of them.)


# %%
def realism(real: Tensor, fake: Tensor, k: int = 5) -> Tensor:
    """Realism of each generated image, from the real balls whose radius is not above the median. Returns (M,)."""
    # TODO 5: leave the wide balls out, then the largest ratio of radius to distance
    raise NotImplementedError("TODO 5: realism")


# %% [markdown]
# ## TODO 6 · How much coverage can be expected
# A coverage of 0.9: is that a good generator, or a bad one? Let both sets come from the same distribution. Then the ball of
# real image i is empty if, of all the N + M - 1 other images, the k nearest ones are all real. All orders are equally
# probable, so (Naeem et al., Lemma 2)
#
#     E[coverage]  =  1 - prod_{i=1..k} (N - i) / (N + M - i)
#
# whatever the distribution and the number of features. It is about 1 - 2^-k for N = M: with k = 1 a perfect generator covers
# half, with k = 5 it covers 97 %. So k should be so large that the expectation is near 1, and no larger.


# %%
def expected_coverage(n: int, m: int, k: int) -> float:
    """E[coverage] for n real and m generated images of the same distribution, 1 <= k < n; also for millions of images."""
    # TODO 6: one minus the probability that an image's k nearest are all real
    raise NotImplementedError("TODO 6: expected_coverage")


# %% [markdown]
# ## TODO 7 · What is wrong with this generator?
# Put the parts together into an answer that somebody can act on:
#
# - the four numbers, and beside coverage the one that could be expected;
# - *which classes were lost*: the share of each class's real balls that hold a generated image. The radii come from all real
#   images, as in TODO 4; only the counting goes class by class. A generator that has forgotten all shoes shows it here;
# - *which images are bad*: the generated images that are in no real ball, the least realistic one first.


# %%
def report(real: Tensor, labels: Tensor, fake: Tensor, k: int = 5) -> dict[str, float | Tensor]:
    """What is wrong with the generated images. real: (N, D), labels: (N,) from 0 to C - 1, fake: (M, D).

    Returns numbers "precision", "recall", "density", "coverage" and "expected_coverage"; "coverage_by_class" (C,); and "outside",
    int64: places in `fake` of the images that are in no real ball, by realism, lowest first.
    """
    # TODO 7: your own functions, then coverage class by class, and the images that no ball holds
    raise NotImplementedError("TODO 7: report")


# %% [markdown]
# ## Try it
# Three real points on a line, at 0, 1 and 3, and two generated ones at 0.5 and 10, with k = 1. Draw the balls on paper first:
#
#     real, fake = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.5], [10.0]])
#     print(precision_recall(real, fake, k=1), density_coverage(real, fake, k=1))
#
# The answer is precision 1/2, recall 1, density 1, coverage 2/3. One bad image at 10 is enough for a recall of 1: why?
