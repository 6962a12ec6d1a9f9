"""What is drawn outside, per run. B = 7 images, Z = 5 latent dimensions where nothing else is said: never 1, never 16."""

import torch

LATENT = 16
"""Z of the trained model."""
CLASSES = 10


def photos(rng, data):
    """(7, 1, 28, 28): seven different training images."""
    images = data.fashion_mnist("train").images
    return images[torch.randperm(len(images), generator=rng)[:7]].float() / 255


def x(rng):
    """(7, 1, 28, 28): grey noise, so that every pixel counts in the reconstruction term and none is 0 or 1."""
    return 0.02 + 0.96 * torch.rand(7, 1, 28, 28, generator=rng)


def mu(rng):
    """(7, 5)"""
    return 1.5 * torch.randn(7, 5, generator=rng)


def logvar(rng):
    """(7, 5)"""
    return 1.2 * torch.randn(7, 5, generator=rng) - 0.3


def noise(rng):
    """(7, 5)"""
    return torch.randn(7, 5, generator=rng)


def weight(rng):
    """(7, 5): weights of a sum over z, so that each gradient is different."""
    return torch.randn(7, 5, generator=rng)


def share(rng):
    """(7,): weights of a sum over images."""
    return torch.randn(7, generator=rng)


def codes(rng):
    """(7, 5): far out, so that logits of a network of any depth are well away from 0."""
    return 40 * torch.randn(7, 5, generator=rng)


def logits(rng):
    """(7, 1, 28, 28)"""
    return 3 * torch.randn(7, 1, 28, 28, generator=rng)


def sure_logits(rng):
    """(7, 1, 28, 28): between 20 and 140 from zero, both signs."""
    size = 20 + 120 * torch.rand(7, 1, 28, 28, generator=rng)
    return size * torch.randn(7, 1, 28, 28, generator=rng).sign()


def matrix(rng):
    """(5, 784): the linear decoder of the stand-in model."""
    return 0.4 * torch.randn(5, 784, generator=rng)


def many_mu(rng):
    """(8000, 3): a different Gaussian in every row."""
    return 3 * torch.randn(8000, 3, generator=rng)


def many_logvar(rng):
    """(8000, 3)"""
    return 1.2 * torch.randn(8000, 3, generator=rng) - 0.4


def distant_mu(rng):
    """(7, 5): means many standard deviations apart, beside `narrow_logvar`."""
    return 4 * torch.randn(7, 5, generator=rng)


def narrow_logvar(rng):
    """(7, 5): sigma about 0.14."""
    return 0.3 * torch.randn(7, 5, generator=rng) - 4


def extreme_mu(rng):
    """(3, 11)"""
    return 6 * torch.randn(3, 11, generator=rng)


def extreme_logvar(rng):
    """(3, 11): from very narrow, sigma = 4e-6, to wide, sigma = 90."""
    return 34 * torch.rand(3, 11, generator=rng) - 25


def seed(rng):
    """(1,): seed of a generator that the student's function gets."""
    return torch.randint(1, 2**31, (1,), generator=rng)


def shown_images(data):
    """(512, 1, 28, 28): the first training images."""
    return data.fashion_mnist("train").images[:512].float() / 255


def shown_noise(rng):
    """(512, 16)"""
    return torch.randn(512, LATENT, generator=rng)


def heldout_images(data):
    """(1000, 1, 28, 28): never seen in training."""
    return data.fashion_mnist("heldout").images[:1000].float() / 255


def heldout_noise(rng):
    """(1000, 16)"""
    return torch.randn(1000, LATENT, generator=rng)


def prior_codes(rng):
    """(600, 16): codes from the prior."""
    return torch.randn(600, LATENT, generator=rng)


def gallery_images(data):
    """(10, 1, 28, 28): a training image of each class, the same in every run."""
    return _one_of_each(data.fashion_mnist("train"))


def heldout_gallery_images(data):
    """(10, 1, 28, 28): a held-out image of each class, the same in every run, none of those that are judged."""
    return _one_of_each(data.fashion_mnist("heldout"), after=1000)


def gallery_codes():
    """(40, 16): codes from the prior, the same in every run."""
    return torch.randn(40, LATENT, generator=torch.Generator().manual_seed(2013))


def _one_of_each(part, after=0):
    first = [after + int((part.labels[after:] == label).nonzero()[0]) for label in range(CLASSES)]
    return part.images[first].float() / 255
