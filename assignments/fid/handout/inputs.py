"""What is drawn outside, per run. Covariances are made from their roots, so that the truth needs no root of a matrix.

`move` is the symmetric map M that carries one Gaussian onto the other: C2 = M C1 M. Then Tr (C1 C2)^(1/2) = Tr (M C1).
No size is 1, no matrix is diagonal, and C1 and C2 are far from commuting.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

# TODO 1: a linear "network" of pixels, so that every pixel and its range show.


def photos(rng):
    """(23, 1, 14, 14) uint8"""
    return torch.randint(0, 256, (23, 1, 14, 14), generator=rng, dtype=torch.uint8)


def weights_of_photos(rng):
    """(196, 5)"""
    return torch.randn(196, 5, generator=rng) / 14


def large_photos(rng):
    """(6, 3, 31, 22) uint8, in colour and not square"""
    return torch.randint(0, 256, (6, 3, 31, 22), generator=rng, dtype=torch.uint8)


def weights_of_large_photos(rng):
    """(243, 5): for 3 x 9 x 9"""
    return torch.randn(243, 5, generator=rng) / 9


# TODO 2


def rows(rng):
    """(11, 6) float32: correlated features of unequal spread"""
    return torch.randn(11, 6, generator=rng) @ torch.randn(6, 6, generator=rng) + 3 * torch.randn(6, generator=rng)


def distant_rows(rng):
    """(40, 7) float32: means near 2,000, spread about 1"""
    return torch.randn(40, 7, generator=rng) @ torch.randn(7, 7, generator=rng) / 2.6 + _distant(rng, 7)


def few_rows(rng):
    """(4, 9) float64: fewer images than features"""
    return torch.randn(4, 9, generator=rng, dtype=torch.float64) + 1.5


# TODO 3


def root(rng):
    """(7, 7) float64"""
    return _positive(rng, 7)


def matrix(root):
    """(7, 7) float64"""
    return root @ root


# TODO 4 and 5: a pair of Gaussians, every root that can come up, and the trace.


def root1(rng):
    return _positive(rng, 6)


def move(rng, root1):
    """M: (6, 6), drawn until no usual shortcut comes within 2 % of Tr (C1 C2)^(1/2)"""
    while True:
        found = 0.6 * _positive(rng, 6)
        if _shortcut(root1, found) > 0.02:
            return found


def cov1(root1):
    return root1 @ root1


def cov2(cov1, move):
    return move @ cov1 @ move


def roots(root1, move):
    """(4, 6, 6): roots of C1, C2, and of the two symmetric products of a root with the other covariance"""
    root2 = _polar(move @ root1)
    return torch.stack([root1, root2, root1 @ move @ root1, root2 @ torch.linalg.inv(move) @ root2])


def trace(cov1, move):
    """()"""
    return (move @ cov1).trace()


def mean1(rng):
    return 2 * torch.randn(6, generator=rng, dtype=torch.float64)


def mean2(rng):
    return 2 * torch.randn(6, generator=rng, dtype=torch.float64)


def real_rows(rng, mean1, root1):
    """(17, 6) float32 with mean mean1 and covariance C1"""
    return _rows(rng, 17, mean1, root1)


def fake_rows(rng, mean2, move, root1):
    """(29, 6) float32 with mean mean2 and covariance C2"""
    return _rows(rng, 29, mean2, move @ root1)


def shift(rng):
    """(6,) float32"""
    return 1.5 * torch.randn(6, generator=rng)


# Covariances of low rank: 20 and 23 images of 64 features.


def thin1(rng):
    """(64, 20): C = thin thin^T"""
    return _thin(rng, 20)


def thin2(rng):
    """(64, 23)"""
    return _thin(rng, 23)


def thin_roots(thin1, thin2):
    """(5, 64, 64): as `roots`, and nothing, the covariance of one image repeated"""
    first, second = _polar(thin1), _polar(thin2)
    return torch.stack([first, second, _polar(first @ thin2), _polar(second @ thin1), torch.zeros_like(first)])


# TODO 6


def stream(rng):
    """(18, 4) float32, to be cut into batches of 5, 1, 9 and 3"""
    return torch.randn(18, 4, generator=rng) @ torch.randn(4, 4, generator=rng) + 2 * torch.randn(4, generator=rng)


def distant_stream(rng):
    """(1200, 5) float32: means near 2,000, spread about 1"""
    return torch.randn(1200, 5, generator=rng) @ torch.randn(5, 5, generator=rng) / 2 + _distant(rng, 5)


def two_streams(rng):
    """(2, 19, 3) float64"""
    return torch.randn(2, 19, 3, generator=rng, dtype=torch.float64) @ torch.randn(3, 3, generator=rng, dtype=torch.float64) + 1.7


# TODO 7: each row of `pool` begins with its own number.


def anchors(rng):
    """(9, 4): stands for the real features"""
    return torch.randn(9, 4, generator=rng)


def pool(rng):
    """(60, 4)"""
    return torch.cat([torch.arange(60.0)[:, None], torch.randn(60, 3, generator=rng)], 1)


def curve_sizes():
    """(6,)"""
    return torch.tensor([40, 8, 25, 11, 55, 17])


def curve(rng, curve_sizes):
    """(6,) float64: a distance for each size, not quite on a line"""
    return 31 + 210 / curve_sizes.double() + 3 * torch.randn(6, generator=rng, dtype=torch.float64)


def seed(rng):
    """(1,)"""
    return torch.randint(1, 2**31, (1,), generator=rng)


# All of it, on photographs, seen by a small network with random weights.


def filters():
    """(8, 1, 5, 5), the same in every run"""
    return torch.randn(8, 1, 5, 5, generator=torch.Generator().manual_seed(2017))


def phases():
    """(8,)"""
    return 2 * torch.pi * torch.rand(8, generator=torch.Generator().manual_seed(2018))


def gallery_photos(data):
    """(7, 600, 1, 28, 28) uint8: see `_damaged`"""
    return _damaged(data.fashion_mnist("train"))


def many_photos(data):
    """(3, 2000, 1, 28, 28) uint8: photographs; others as they are; these others blurred"""
    images = data.fashion_mnist("train").images
    blurred = F.avg_pool2d(images[2000:4000].float(), 3, stride=1, padding=1).round().to(torch.uint8)
    return torch.stack([images[:2000], images[2000:4000], blurred])


def many_sizes():
    """(6,)"""
    return torch.tensor([100, 130, 200, 400, 1000, 2000])


def gallery_matrix():
    """(24, 24): neighbours resemble each other; the middle varies most"""
    place = torch.arange(24, dtype=torch.float64)
    spread = 0.4 + torch.exp(-((place - 9) ** 2) / 40)
    return spread[:, None] * spread * 0.75 ** (place[:, None] - place).abs()


def heldout_photos(data):
    """(7, 600, 1, 28, 28) uint8"""
    return _damaged(data.fashion_mnist("heldout"))


def _damaged(part):
    """600 photographs; 600 others as they are, with noise, blurred twice, of one class only; noise alone."""
    noise = torch.Generator().manual_seed(6)
    first, others = part.images[:600], part.images[600:1200]
    clear = others.float() / 255
    noisy = clear + 0.1 * torch.randn(clear.shape, generator=noise)
    fine, coarse = (F.avg_pool2d(clear, k, stride=1, padding=k // 2) for k in (3, 5))
    kind = part.images[part.labels == 7]
    one_class = kind[torch.arange(600) % len(kind)].float() / 255
    alone = torch.rand(clear.shape, generator=noise)
    made = [(each.clamp(0, 1) * 255).round().to(torch.uint8) for each in (noisy, fine, coarse, one_class, alone)]
    return torch.stack([first, others, *made])


def _positive(rng, d):
    """(D, D) symmetric, eigenvalues from 0.3 to about 4."""
    m = torch.randn(d, d, generator=rng, dtype=torch.float64)
    return m @ m.T / d + 0.3 * torch.eye(d, dtype=torch.float64)


def _shortcut(root1, move):
    """How near, relatively, the nearest wrong trace is: the product of the roots; C1 C2 taken for symmetric, or made so."""
    cov1 = root1 @ root1
    product, right = cov1 @ move @ cov1 @ move, (move @ cov1).trace()
    taken = [torch.linalg.eigvalsh(m).clamp(min=0).sqrt().sum() for m in (product, product.T, (product + product.T) / 2)]
    wrong = torch.stack([(root1 @ _polar(move @ root1)).trace(), *taken])
    return float(((wrong - right).abs() / right).min())


def _polar(factor):
    """The symmetric P with P P = factor factor^T, from the singular values of the factor."""
    u, s, _ = torch.linalg.svd(factor, full_matrices=False)
    return (u * s) @ u.T


def _rows(rng, n, mean, factor):
    """(n, D) float32 whose mean and covariance are exactly `mean` and factor factor^T, but for rounding."""
    noise = torch.randn(n, len(mean), generator=rng, dtype=torch.float64)
    basis, _ = torch.linalg.qr(noise - noise.mean(0))  # (n, D): orthonormal columns of mean 0
    return (mean + (n - 1) ** 0.5 * basis @ factor.T).float()


def _thin(rng, n):
    """(64, n): what makes the covariance of n images of 64 features."""
    f = torch.randn(n, 64, generator=rng, dtype=torch.float64) * (0.2 + 2 * torch.rand(64, generator=rng))
    return (f - f.mean(0)).T / (n - 1) ** 0.5


def _distant(rng, d):
    return 2000 + 300 * torch.randn(d, generator=rng)
