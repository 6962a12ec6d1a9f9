"""What is drawn outside, per run. B = 7 images, Z = 5 latent dimensions where nothing else is said: never 1, never 32."""

import torch

LATENT = 32
"""Z of the trained generator."""
SAMPLES = 2000
"""Images that FID, IS, recall and coverage are computed from: their bias depends on it."""
ROUNDS = 3
"""Pairs of steps that are made in a row."""


def codes(rng):
    """(7, 5): far out, so that a tanh is reached from its steep to its flat part, whatever is in front of it."""
    return 1000 * torch.randn(7, 5, generator=rng)


def loud(rng):
    """(7, 1, 28, 28): noise far out of the range of images, so that logits of any network are well away from 0."""
    return 300 * torch.randn(7, 1, 28, 28, generator=rng)


def real_logits(rng):
    """(7, 1): both signs, mean 1.7."""
    drawn = 2.5 * torch.randn(7, 1, generator=rng)
    return drawn - drawn.mean() + 1.7


def fake_logits(rng):
    """(7, 1): both signs, mean -0.9: no mistake with the two kinds of images gives the same number."""
    drawn = 1.8 * torch.randn(7, 1, generator=rng)
    return drawn - drawn.mean() - 0.9


def sure_real(rng):
    """(7, 1): between 20 and 220 from zero, both signs."""
    return _sure(rng)


def sure_fake(rng):
    """(7, 1): between 20 and 220 from zero, both signs."""
    return _sure(rng)


def matrix(rng):
    """(5, 784): the stand-in generator is tanh(z @ matrix)."""
    return 0.4 * torch.randn(5, 784, generator=rng)


def weight(rng):
    """(784, 1): the stand-in discriminator is x @ weight + bias."""
    return 0.05 * torch.randn(784, 1, generator=rng)


def bias(rng):
    """(1,)"""
    return 0.5 + torch.rand(1, generator=rng)


def x(rng):
    """(7, 1, 28, 28) in [-1, 1]: brighter than dark, so that real and generated images differ on average."""
    return 0.3 + 0.7 * (2 * torch.rand(7, 1, 28, 28, generator=rng) - 1)


def z(rng):
    """(7, 5)"""
    return torch.randn(7, 5, generator=rng)


def many_x(rng):
    """(ROUNDS, 7, 1, 28, 28): a batch of real images for each step of the discriminator."""
    return 0.3 + 0.7 * (2 * torch.rand(ROUNDS, 7, 1, 28, 28, generator=rng) - 1)


def many_z(rng):
    """(2, ROUNDS, 7, 5): noise for the discriminator's steps, and for the generator's."""
    return torch.randn(2, ROUNDS, 7, 5, generator=rng)


def pixels(rng):
    """(7, 1, 28, 28) uint8: every byte occurs."""
    drawn = torch.randint(0, 256, (7 * 784 - 256,), generator=rng)
    shuffled = torch.cat([torch.arange(256), drawn])[torch.randperm(7 * 784, generator=rng)]
    return shuffled.to(torch.uint8).view(7, 1, 28, 28)


def levels(rng):
    """(11, 1, 28, 28): grey levels in [0, 255], up to 0.4 away from a whole number: rounding is not cutting off."""
    whole = torch.randint(1, 255, (11, 1, 28, 28), generator=rng)
    return whole + 0.8 * torch.rand(11, 1, 28, 28, generator=rng) - 0.4


def level_codes(rng):
    """(11, 5): the stand-in generator gives image i of `levels` for code i."""
    return torch.randn(11, 5, generator=rng)


def latents(rng):
    """(2000, 32): what the trained generator is asked for."""
    return torch.randn(SAMPLES, LATENT, generator=rng)


def ends(rng):
    """(2, 9, 32): nine walks, from one z to another."""
    return torch.randn(2, 9, LATENT, generator=rng)


def photos(rng, data):
    """(2000, 1, 28, 28) uint8: training images to train on for a moment."""
    images = data.fashion_mnist("train").images
    return images[torch.randperm(len(images), generator=rng)[:2000]]


def fresh_latents(rng):
    """(1000, 32): for the generator that was trained for a moment."""
    return torch.randn(1000, LATENT, generator=rng)


def known_images(data):
    """(8000, 1, 28, 28) uint8: the training images that ship."""
    return data.fashion_mnist("train").images


def shown_images(data):
    """(2000, 1, 28, 28) uint8: the first training images."""
    return data.fashion_mnist("train").images[:2000]


def real_images(data):
    """(2000, 1, 28, 28) uint8: never seen in training; the same in every run."""
    return data.fashion_mnist("heldout").images


def real_statistics(data):
    """Mean and covariance of the features of 10,000 images that no student has."""
    return data.statistics("fashion_mnist")


def second_statistics(data):
    """The same images in the features of the second encoder."""
    return data.statistics("fashion_mnist_second")


def second_encoder(data):
    """Weights of an encoder that students do not have."""
    return data.encoder("fashion_mnist_second")


def gallery_latents():
    """(40, 32): the same in every run."""
    return torch.randn(40, LATENT, generator=torch.Generator().manual_seed(2015))


def _sure(rng):
    size = 20 + 200 * torch.rand(7, 1, generator=rng)
    signs = torch.tensor([1, -1, 1, -1, -1, 1, 1])[torch.randperm(7, generator=rng), None]
    return size * (signs.roll(1, 0) if bool((signs == signs.flip(0)).all()) else signs)  # never the same from both ends
