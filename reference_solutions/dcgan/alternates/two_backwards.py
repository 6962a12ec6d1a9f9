"""Another right answer: convolutions alone, one backward pass for each kind of images, nothing detached, D frozen in G's step."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

LATENT = 32


class Generator(nn.Module):
    def __init__(self, latent=LATENT):
        super().__init__()
        self.up1 = nn.ConvTranspose2d(latent, 32, 7)
        self.up2 = nn.ConvTranspose2d(32, 16, 4, 2, 1)
        self.up3 = nn.ConvTranspose2d(16, 1, 4, 2, 1)
        self.norm1, self.norm2 = nn.BatchNorm2d(32), nn.BatchNorm2d(16)

    def forward(self, z):
        h = F.relu(self.norm1(self.up1(z[:, :, None, None])))
        return self.up3(F.relu(self.norm2(self.up2(h)))).tanh()


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(1, 16, 4, 2, 1), nn.Conv2d(16, 32, 4, 2, 1), nn.Conv2d(32, 1, 7)
        self.norm = nn.BatchNorm2d(32)

    def forward(self, x):
        h = F.leaky_relu(self.conv1(x), 0.2)
        h = F.leaky_relu(self.norm(self.conv2(h)), 0.2)
        return self.conv3(h)[:, :, 0, 0]


@torch.no_grad()
def weights_init(module):
    if isinstance(module, nn.modules.conv._ConvNd | nn.Linear):
        module.weight.copy_(0.02 * torch.randn_like(module.weight))
    elif isinstance(module, nn.modules.batchnorm._BatchNorm):
        module.weight.copy_(1 + 0.02 * torch.randn_like(module.weight))
    if hasattr(module, "bias") and module.bias is not None:
        module.bias.zero_()


def d_loss(real_logits, fake_logits):
    return -(F.logsigmoid(real_logits) + F.logsigmoid(-fake_logits)).mean()


def g_loss(fake_logits):
    return -F.logsigmoid(fake_logits).sum() / fake_logits.numel()


def d_step(generator, discriminator, optimizer, x, z):
    discriminator.zero_grad(set_to_none=False)
    real = -F.logsigmoid(discriminator(x)).mean()
    real.backward()
    fake = F.softplus(discriminator(generator(z))).mean()
    fake.backward()
    optimizer.step()
    return (real + fake).detach()


def g_step(generator, discriminator, optimizer, z):
    discriminator.requires_grad_(False)
    loss = g_loss(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return loss.detach()


def prepare(images):
    return 2 * images.to(torch.float32).div(255) - 1


def sample(generator, z):
    still = copy.deepcopy(generator).eval()
    images = [still(each[None]).detach()[0] for each in z]
    return torch.stack(images).add(1).mul(127.5).round().byte()
