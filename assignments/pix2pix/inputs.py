"""What is drawn outside, per run. B = 7 pairs where nothing else is said: never 1. Maps of logits are 3 x 2: never square."""

import torch
import torch.nn.functional as F

STRONG = 200.0
"""How steep a place has to be to count as an edge: as in the students' `edge_map`."""
ROUNDS = 3
"""Pairs of steps that are made in a row."""


def loud_edges(rng):
    """(7, 1, 28, 28): noise far out of the range of images, so that a last activation shows, whatever is in front of it."""
    return 300 * torch.randn(7, 1, 28, 28, generator=rng)


def loud_photo(rng):
    """(7, 1, 28, 28)"""
    return 300 * torch.randn(7, 1, 28, 28, generator=rng)


def drawings(rng):
    """(7, 1, 28, 28) in {-1, 1}: lines at random."""
    return _drawn(rng, 7)


def other_drawings(rng):
    """(7, 1, 28, 28) in {-1, 1}: others."""
    return _drawn(rng, 7)


def photo(rng):
    """(7, 1, 28, 28): photos of noise, between 0.8 and 1 away from grey: G of the stand-ins stays nearer to it, so that no
    rounding decides the sign of a difference; brighter than dark, so that real and generated photos differ on average."""
    return _far_from_grey(rng, 7)


def other_photo(rng):
    """(7, 1, 28, 28)"""
    return _far_from_grey(rng, 7)


def layouts(rng):
    """(7, 5, 2): kernel 1 to 5 and stride 1 to 3 of five layers; row i is asked for with its first i layers."""
    kernels, strides = (torch.randint(1, high, (7, 5, 1), generator=rng) for high in (6, 4))
    return torch.cat([kernels, strides], dim=2)


def tall_edges(rng):
    """(23, 1, 5, 6): not square, so that left and right are not taken for up and down."""
    return torch.randn(23, 1, 5, 6, generator=rng)


def tall_photo(rng):
    """(23, 1, 5, 6)"""
    return torch.randn(23, 1, 5, 6, generator=rng)


def flip(rng):
    """(23,) bool: twelve of them true, in any order; nobody draws the same decisions by chance."""
    return torch.randperm(23, generator=rng) < 12


def many_edges(rng):
    """(2000, 1, 2, 3): small pairs, each another one."""
    return torch.randn(2000, 1, 2, 3, generator=rng)


def many_photos(rng):
    """(2000, 1, 2, 3)"""
    return torch.randn(2000, 1, 2, 3, generator=rng)


def real_logits(rng):
    """(7, 1, 3, 2): both signs, mean 1.7."""
    drawn = 2.5 * torch.randn(7, 1, 3, 2, generator=rng)
    return drawn - drawn.mean() + 1.7


def fake_logits(rng):
    """(7, 1, 3, 2): both signs, mean -0.9: no mistake with the two kinds of pairs gives the same number."""
    drawn = 1.8 * torch.randn(7, 1, 3, 2, generator=rng)
    return drawn - drawn.mean() - 0.9


def sure_real(rng):
    """(7, 1, 3, 2): between 20 and 220 from zero, both signs."""
    return _sure(rng)


def sure_fake(rng):
    """(7, 1, 3, 2): between 20 and 220 from zero, both signs."""
    return _sure(rng)


def weight(rng):
    """(1,): lambda of the loss, between 2 and 9: never 1, never LAMBDA."""
    return 2 + 7 * torch.rand(1, generator=rng)


def painted(rng):
    """(7, 1, 28, 28) in [-0.7, 0.7]: what G gives, beside `photo`."""
    return 1.4 * torch.rand(7, 1, 28, 28, generator=rng) - 0.7


def gain(rng):
    """(1, 28, 28): the stand-in generator is tanh(edges * gain + shift)."""
    return 0.6 * torch.rand(1, 28, 28, generator=rng) - 0.3


def shift(rng):
    """(1, 28, 28)"""
    return 0.6 * torch.rand(1, 28, 28, generator=rng) - 0.3


def by_edges(rng):
    """(784, 6): the stand-in discriminator is edges @ by_edges + photo @ by_photo + bias, a map of 3 x 2 logits."""
    return 0.05 * torch.randn(784, 6, generator=rng)


def by_photo(rng):
    """(784, 6)"""
    return 0.05 * torch.randn(784, 6, generator=rng)


def bias(rng):
    """(6,)"""
    return 0.5 + torch.rand(6, generator=rng)


def many_drawings(rng):
    """(ROUNDS, 7, 1, 28, 28): edges for each pair of steps."""
    return _drawn(rng, ROUNDS * 7).view(ROUNDS, 7, 1, 28, 28)


def many_far_photos(rng):
    """(ROUNDS, 7, 1, 28, 28): their photos."""
    return _far_from_grey(rng, ROUNDS * 7).view(ROUNDS, 7, 1, 28, 28)


def lesson(rng, data):
    """(960, 1, 28, 28) uint8: training images to train on for a moment."""
    images = data.fashion_mnist("train").images
    return images[torch.randperm(len(images), generator=rng)[:960]]


def exam(rng, data):
    """(200, 1, 28, 28) uint8: training images whose edges the generator is then asked for."""
    images = data.fashion_mnist("train").images
    return images[torch.randperm(len(images), generator=rng)[:200]]


def exam_edges(exam):
    """(200, 1, 28, 28)"""
    return _edges_of(exam)


def known_images(data):
    """(8000, 1, 28, 28) uint8: the training images that ship."""
    return data.fashion_mnist("train").images


def shown_images(data):
    """(500, 1, 28, 28) uint8: the first training images."""
    return data.fashion_mnist("train").images[:500]


def shown_edges(shown_images):
    """(500, 1, 28, 28)"""
    return _edges_of(shown_images)


def heldout_images(data):
    """(2000, 1, 28, 28) uint8: never seen in training."""
    return data.fashion_mnist("heldout").images[:2000]


def heldout_edges(heldout_images):
    """(2000, 1, 28, 28)"""
    return _edges_of(heldout_images)


def real_statistics(data):
    """Mean and covariance of the features of 10,000 images that no student has."""
    return data.statistics("fashion_mnist")


def gallery_images(data):
    """(20, 1, 28, 28) uint8: two training images of each class, the same in every run."""
    part = data.fashion_mnist("train")
    return part.images[[int(i) for label in range(10) for i in (part.labels == label).nonzero()[:2]]]


def gallery_edges(gallery_images):
    """(20, 1, 28, 28)"""
    return _edges_of(gallery_images)


def heldout_gallery_edges(heldout_edges):
    """(20, 1, 28, 28): edges of photos that nobody trained on."""
    return heldout_edges[:20]


def _drawn(rng, count):
    """(count, 1, 28, 28): 1 on lines that go across or along, -1 elsewhere."""
    rows, columns = (torch.rand(count, 1, *size, generator=rng) < 0.25 for size in ((28, 1), (1, 28)))
    kept = torch.rand(count, 1, 28, 28, generator=rng) < 0.7
    return 2 * ((rows | columns) & kept).float() - 1


def _far_from_grey(rng, count):
    bright = torch.rand(count, 1, 28, 28, generator=rng) < 0.65
    return (2 * bright.float() - 1) * (0.8 + 0.2 * torch.rand(count, 1, 28, 28, generator=rng))


def _sure(rng):
    signs = torch.cat([torch.ones(22), -torch.ones(20)])[torch.randperm(42, generator=rng)].view(7, 1, 3, 2)
    return signs * (20 + 200 * torch.rand(7, 1, 3, 2, generator=rng))


def _steepness(images):
    """Squared length of the Sobel gradient, a whole number. images: (N, 1, H, W) uint8."""
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    padded = F.pad(images.float(), (1, 1, 1, 1), mode="replicate")
    return sum(F.conv2d(padded, kernel[None, None]).square() for kernel in (sobel, sobel.T))


def _edges_of(images):
    return 2 * (_steepness(images) > STRONG**2).float() - 1
