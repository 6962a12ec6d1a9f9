# %% [markdown]
# # Fréchet Inception Distance
#
# A generative model is good if its images are distributed like real ones. FID looks at both sets of images through a
# network, puts a Gaussian around each cloud of features, and measures how far the two Gaussians are apart:
#
#     FID  =  |mu1 - mu2|^2  +  Tr( C1 + C2 - 2 (C1 C2)^(1/2) )
#
# Source: Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium*, arXiv:1706.08500.
#
# Sizes: N images, D features. Everything after the network is computed in float64.

# %%
"""Fréchet Inception Distance, from images to the number (Heusel et al. 2017, arXiv:1706.08500)."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# %% [markdown]
# ## TODO 1 · Features
# Images are stored as bytes; the network takes numbers in [0, 1] and images of one size. Bring them there, in this order:
# divide by 255, then resize to `size` x `size`, bilinear and *antialiased* (`F.interpolate(..., antialias=True)`), without
# rounding back to bytes. A careless resize alone moves FID by several units (Parmar et al. 2022).
#
# Then ask the network, `batch_size` images at a time: in eval mode, because batch norm and dropout would make a feature
# depend on the other images or on chance, and without gradients.


# %%
def features(model: nn.Module, images: Tensor, size: int, batch_size: int = 64) -> Tensor:
    """What `model` says of each image, the last batch included, in order.

    images: (N, C, H, W) uint8. model: (b, C, size, size) float32 in [0, 1] -> (b, D). Returns (N, D).
    """
    # TODO 1: eval mode, no gradients; batches of float images in [0, 1], resized; one row of features for each image
    ### BEGIN SOLUTION
    model.eval()
    rows = []
    with torch.no_grad():
        for part in images.split(batch_size):
            x = part.float() / 255  # (b, C, H, W)
            x = F.interpolate(x, size=(size, size), mode="bilinear", antialias=True)  # (b, C, size, size)
            rows.append(model(x))  # (b, D)
    return torch.cat(rows)  # (N, D)
    ### END SOLUTION


# %% [markdown]
# ## TODO 2 · Mean and covariance
# The Gaussian around a cloud of features, from its rows f_1, ..., f_N:
#
#     mu = 1/N sum_n f_n            C = 1/(N-1) sum_n (f_n - mu)(f_n - mu)^T
#
# Go to float64 first. Real features may have a mean a thousand times their spread, and float32 has seven digits.


# %%
def stats(f: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the rows, with 1/(N-1).

    f: (N, D), any floating type; it stays as it is. Returns mu: (D,) and cov: (D, D), both float64.
    """
    # TODO 2: float64, mean over the images, covariance between the features
    ### BEGIN SOLUTION
    f = f.double()
    mu = f.mean(0)  # (D,)
    centred = f - mu  # (N, D)
    return mu, centred.T @ centred / (len(f) - 1)  # (D,), (D, D)
    ### END SOLUTION


# %% [markdown]
# ## TODO 3 · Square root of a matrix
# A covariance A is symmetric, and no eigenvalue is negative. There is exactly one matrix S that is symmetric, has no negative
# eigenvalue, and gives S S = A. With A = V diag(w) V^T it is
#
#     S = V diag(sqrt(w)) V^T
#
# With fewer images than features, some w are 0, and rounding makes them -1e-17. The root of that is NaN: it has to be 0.


# %%
def sqrtm_psd(matrix: Tensor) -> Tensor:
    """The symmetric square root without negative eigenvalues.

    matrix: (D, D) float64, symmetric, no eigenvalue below 0 but for rounding. Returns (D, D) float64.
    """
    # TODO 3: eigenvalues and eigenvectors of a symmetric matrix; root of the eigenvalues
    ### BEGIN SOLUTION
    w, v = torch.linalg.eigh(matrix)  # (D,), (D, D): eigenvectors are the columns of v
    return v * w.clamp(min=0).sqrt() @ v.T  # (D, D)
    ### END SOLUTION


# %% [markdown]
# ## TODO 4 · The trace that FID needs
# C1 C2 is *not symmetric*, so TODO 3 does not apply to it. But it has the same eigenvalues as
#
#     C1^(1/2) C2 C1^(1/2)
#
# which is symmetric and has no negative eigenvalue, and a trace is the sum of eigenvalues. So
#
#     Tr (C1 C2)^(1/2)  =  Tr ( C1^(1/2) C2 C1^(1/2) )^(1/2)
#
# No complex numbers come up, also with fewer images than features, where the usual `scipy.linalg.sqrtm(C1 @ C2)` gets in
# trouble.


# %%
def trace_sqrt_product(cov1: Tensor, cov2: Tensor) -> Tensor:
    """Tr (cov1 cov2)^(1/2), a real number, also for covariances of low rank.

    cov1, cov2: (D, D) float64 covariances. Returns a float64 scalar.
    """
    # TODO 4: the trace of the root of a symmetric matrix with the same eigenvalues
    ### BEGIN SOLUTION
    root = sqrtm_psd(cov1)  # (D, D)
    return sqrtm_psd(root @ cov2 @ root).trace()  # (D, D) -> scalar
    ### END SOLUTION


# %% [markdown]
# ## TODO 5 · The distance
# Put the formula together, once for Gaussians (so that the statistics of real images can be kept and used again), once for
# features:
#
#     d^2  =  |mu1 - mu2|^2  +  Tr C1  +  Tr C2  -  2 Tr (C1 C2)^(1/2)
#
# FID is this square, not its root.


# %%
def frechet_distance(mu1: Tensor, cov1: Tensor, mu2: Tensor, cov2: Tensor) -> Tensor:
    """Squared Fréchet distance between N(mu1, cov1) and N(mu2, cov2), with `trace_sqrt_product`.

    mu1, mu2: (D,). cov1, cov2: (D, D). All float64. Returns a float64 scalar.
    """
    # TODO 5: the squared distance of the means, and three traces
    ### BEGIN SOLUTION
    apart = mu1 - mu2  # (D,)
    return apart @ apart + cov1.trace() + cov2.trace() - 2 * trace_sqrt_product(cov1, cov2)  # scalar
    ### END SOLUTION


def fid(real: Tensor, fake: Tensor) -> Tensor:
    """FID between two sets of features, with `stats` and `frechet_distance`.

    real: (N, D). fake: (M, D). Returns a float64 scalar.
    """
    # TODO 5: statistics of both sets, then their distance
    ### BEGIN SOLUTION
    return frechet_distance(*stats(real), *stats(fake))  # scalar
    ### END SOLUTION


# %% [markdown]
# ## TODO 6 · Statistics on the way
# 50,000 images of 2,048 features are 800 MB in float64, and nobody needs them: mean and covariance follow from three running
# quantities that do not grow,
#
#     n = number of rows so far        s = sum f_n        S = sum f_n f_n^T
#     mu = s / n                       C = (S - n mu mu^T) / (n - 1)
#
# The mean of the batches' means, or of their covariances, is something else. `__init__` is a suggestion.


# %%
class StreamingStats:
    """Mean and covariance of all rows seen so far, without keeping them."""

    def __init__(self, dim: int) -> None:
        self.n = 0
        self.total = torch.zeros(dim, dtype=torch.float64)  # (D,)
        self.outer = torch.zeros(dim, dim, dtype=torch.float64)  # (D, D)

    def update(self, f: Tensor) -> None:
        """Take in a batch, of any size, one row included. f: (b, D), any floating type; it stays as it is."""
        # TODO 6: add to the running quantities, in float64
        ### BEGIN SOLUTION
        f = f.double()
        self.n += len(f)
        self.total += f.sum(0)  # (b, D) -> (D,)
        self.outer += f.T @ f  # (D, D)
        ### END SOLUTION

    def compute(self) -> tuple[Tensor, Tensor]:
        """What `stats` gives for all rows so far together: mu (D,) and cov (D, D). More updates may follow."""
        # TODO 6: mean and covariance from the running quantities, which stay as they are
        ### BEGIN SOLUTION
        mu = self.total / self.n  # (D,)
        return mu, (self.outer - self.n * torch.outer(mu, mu)) / (self.n - 1)  # (D,), (D, D)
        ### END SOLUTION


# %% [markdown]
# ## TODO 7 · FID of infinitely many images
# The FID of a sample is too large on average, even if the model is perfect: a small sample's Gaussian is never quite right. The
# excess is very nearly c / N, with a c that depends on the model. So measure FID for several N, draw the straight line through
# the points (1/N, FID), and read it off at 1/N = 0 (Chong and Forsyth 2020):
#
#     FID(N)  ≈  FID_infinity  +  c / N
#
# For each size draw a new random subset of the generated images, without repeating one. All real images are used each time.


# %%
def fid_infinity(
    real: Tensor,
    fake: Tensor,
    sizes: Sequence[int],
    distance: Callable[[Tensor, Tensor], Tensor] = fid,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Intercept of the least-squares line through the points (1/n, distance(real, n random rows of fake)), n in `sizes`.

    real: (N, D). fake: (M, D). sizes: numbers of rows, at most M, in any order. distance: called once for each size.
    generator: decides the subsets, and nothing else does. Returns a float64 scalar.
    """
    # TODO 7: for each size a new random subset and its distance; then the line, at 1/n = 0
    ### BEGIN SOLUTION
    scores = []
    for n in sizes:
        chosen = torch.randperm(len(fake), generator=generator)[:n]  # (n,), no row twice
        scores.append(float(distance(real, fake[chosen])))
    x = 1 / torch.tensor(sizes, dtype=torch.float64)  # (K,)
    y = torch.tensor(scores, dtype=torch.float64)  # (K,)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return y.mean() - slope * x.mean()  # scalar
    ### END SOLUTION
