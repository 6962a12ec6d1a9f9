"""Another right answer: skips that are added, upsampling, D without normalisation, label tensors, D frozen in G's step."""

import torch
from torch import nn

LAMBDA = 100.0
BCE, L1 = nn.BCEWithLogitsLoss(), nn.L1Loss()


def edge_map(images):
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    padded = nn.functional.pad(images.float(), (1, 1, 1, 1), mode="replicate")
    both = nn.functional.conv2d(padded, torch.stack([sobel, sobel.T])[:, None])
    return torch.where(both.square().sum(1, keepdim=True) > 40000, 1.0, -1.0)


def to_photo(images):
    return images.float() / 127.5 - 1


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([self.stage(1, 16), self.stage(16, 32)])
        self.bottom = nn.Sequential(nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU())
        self.up = nn.ModuleList([self.rise(32, 16), self.rise(16, 8)])
        self.last = nn.Conv2d(8, 1, 3, padding=1)

    @staticmethod
    def stage(a, b):
        return nn.Sequential(nn.Conv2d(a, b, 5, stride=2, padding=2), nn.BatchNorm2d(b), nn.LeakyReLU(0.2))

    @staticmethod
    def rise(a, b):
        return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())

    def forward(self, edges):
        outer = self.down[0](edges)
        inner = self.down[1](outer)
        h = self.up[0](self.bottom(inner) + inner)
        return self.last(self.up[1](h + outer)).tanh()


class PatchDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.for_edges, self.for_photo = nn.Conv2d(1, 16, 4, 2, 1), nn.Conv2d(1, 16, 4, 2, 1)
        self.rest = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(32, 1, 3, 1, 1))

    def forward(self, edges, photo):
        return self.rest(self.for_edges(edges) + self.for_photo(photo))


def receptive_field(layers):
    """From the last layer to the first: r -> s (r - 1) + k."""
    r = 1
    for kernel, stride in reversed(layers):
        r = stride * (r - 1) + kernel
    return r


def mirror(edges, photo, flip=None):
    chosen = torch.randint(0, 2, (len(edges),)).bool() if flip is None else flip
    edges, photo = edges.clone(), photo.clone()
    edges[chosen], photo[chosen] = edges[chosen].flip(-1), photo[chosen].flip(-1)
    return edges, photo


def d_loss(real_logits, fake_logits):
    real = BCE(real_logits, torch.ones_like(real_logits))
    return (real + BCE(fake_logits, torch.zeros_like(fake_logits))) / 2


def g_loss(fake_logits, fake, photo, weight=LAMBDA):
    return BCE(fake_logits, torch.ones_like(fake_logits)) + weight * L1(fake, photo)


def d_step(generator, discriminator, optimizer, edges, photo):
    optimizer.zero_grad()
    with torch.no_grad():
        fake = generator(edges)
    logits = discriminator(torch.cat([edges, edges]), torch.cat([photo, fake]))  # no batch normalisation in this D
    loss = d_loss(*logits.chunk(2))
    loss.backward()
    optimizer.step()
    return loss.detach()


def g_step(generator, discriminator, optimizer, edges, photo):
    discriminator.requires_grad_(False)
    optimizer.zero_grad()
    fake = generator(edges)
    loss = g_loss(discriminator(edges, fake), fake, photo)
    loss.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return loss.detach()
