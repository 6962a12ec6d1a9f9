"""Another right answer: sub-pixel convolutions, group normalisation in D, entropies of explicit labels, gradients set by hand."""

import torch
from torch import nn

LATENT = 32


class Generator(nn.Sequential):
    def __init__(self, latent=LATENT):
        super().__init__(
            nn.Linear(latent, 32 * 49), nn.BatchNorm1d(32 * 49), nn.ReLU(), nn.Unflatten(1, (32, 7, 7)),
            nn.Conv2d(32, 64, 3, padding=1), nn.PixelShuffle(2), nn.BatchNorm2d(16), nn.ReLU(),  # (B, 16, 14, 14)
            nn.Conv2d(16, 4, 3, padding=1), nn.PixelShuffle(2), nn.Tanh(),  # (B, 1, 28, 28)
        )  # fmt: skip


class Discriminator(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 16, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 3, 2, 1), nn.GroupNorm(4, 32), nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 3, 2, 1), nn.GroupNorm(4, 64), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(64 * 16, 1),
        )  # fmt: skip


def weights_init(module):
    means = {nn.Conv2d: 0.0, nn.ConvTranspose2d: 0.0, nn.Linear: 0.0, nn.BatchNorm1d: 1.0, nn.BatchNorm2d: 1.0}
    if type(module) in means:
        torch.nn.init.normal_(module.weight, means[type(module)], 0.02)
        if module.bias is not None:
            torch.nn.init.constant_(module.bias, 0.0)


def entropy(logits, labels):
    """Cross-entropy of labels 0 or 1, stable: max(l, 0) - l y + log(1 + exp(-|l|))."""
    return (logits.clamp(min=0) - logits * labels + torch.log1p(torch.exp(-logits.abs()))).mean()


def d_loss(real_logits, fake_logits):
    labels = torch.cat([torch.ones(len(real_logits), 1), torch.zeros(len(fake_logits), 1)])
    return 2 * entropy(torch.cat([real_logits, fake_logits]), labels)


def g_loss(fake_logits):
    return entropy(fake_logits, 1.0)


def down(loss, parameters, optimizer):
    parameters = list(parameters)
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach()


def d_step(generator, discriminator, optimizer, x, z):
    return down(d_loss(discriminator(x), discriminator(generator(z).detach())), discriminator.parameters(), optimizer)


def g_step(generator, discriminator, optimizer, z):
    return down(g_loss(discriminator(generator(z))), generator.parameters(), optimizer)


def prepare(images):
    return torch.linspace(-1, 1, 256)[images.long()]


def sample(generator, z):
    modes = {module: module.training for module in generator.modules()}
    with torch.no_grad():
        images = generator.eval()(z)
    for module, mode in modes.items():
        module.training = mode
    return torch.floor(255 * (images + 1) / 2 + 0.5).to(torch.uint8)
