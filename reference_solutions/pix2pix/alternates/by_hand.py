"""Another right answer: three stages down, a backward pass for each term, nothing detached, entropies by hand, loops."""

import torch
from torch import nn
from torch.nn import functional as F

LAMBDA = 100.0
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def edge_map(images):
    padded = F.pad(images.float(), (1, 1, 1, 1), mode="replicate")
    steep = sum(F.conv2d(padded, kernel.view(1, 1, 3, 3)) ** 2 for kernel in (SOBEL, SOBEL.T))
    return (steep > 200**2).float() * 2 - 1


def to_photo(images):
    return (images / 255 - 0.5) / 0.5


class Down(nn.Module):
    def __init__(self, a, b, norm=True):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(a, b, 3, 2, 1, bias=not norm), nn.BatchNorm2d(b) if norm else nn.Identity()

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


class Up(nn.Module):
    def __init__(self, a, b, kernel=4):
        super().__init__()
        self.conv, self.norm = nn.ConvTranspose2d(a, b, kernel, 2, 1, bias=False), nn.BatchNorm2d(b)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([Down(1, 16, norm=False), Down(16, 32), Down(32, 48)])  # 14, 7, 4
        self.bottom = nn.Sequential(nn.Conv2d(48, 48, 1), nn.ReLU())
        self.up = nn.ModuleList([Up(96, 32, kernel=3), Up(64, 16), nn.ConvTranspose2d(32, 1, 4, 2, 1)])

    def climb(self, x, level):
        """The way down from this level, and up again to it."""
        if level == len(self.down):
            return self.bottom(x)
        kept = self.down[level](x)
        return self.up[-1 - level](torch.cat((kept, self.climb(kept, level + 1)), 1))

    def forward(self, edges):
        return torch.tanh(self.climb(edges, 0))


class PatchDiscriminator(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(2, 24, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(24, 24, 3, 1, 1), nn.BatchNorm2d(24), nn.LeakyReLU(0.2),
            nn.Conv2d(24, 1, 3),
        )  # fmt: skip

    def forward(self, edges, photo):
        return super().forward(torch.cat((photo, edges), 1))


def receptive_field(layers):
    return 1 + sum((kernel - 1) * prod(stride for _, stride in layers[:i]) for i, (kernel, _) in enumerate(layers))


def prod(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def mirror(edges, photo, flip=None):
    decisions = [bool(torch.rand(()) < 0.5) for _ in edges] if flip is None else flip.tolist()
    both = [torch.cat([a, b]).flip(2) if turn else torch.cat([a, b]) for a, b, turn in zip(edges, photo, decisions, strict=True)]
    return torch.stack(both)[:, :1], torch.stack(both)[:, 1:]


def entropy(logits, label):
    """Stable: max(l, 0) - l y + log(1 + exp(-|l|))."""
    return (logits.clamp(min=0) - logits * label + torch.log1p(torch.exp(-logits.abs()))).mean()


def d_loss(real_logits, fake_logits):
    return (entropy(real_logits, 1) + entropy(fake_logits, 0)) / 2


def g_loss(fake_logits, fake, photo, weight=LAMBDA):
    return entropy(fake_logits, 1) + weight * F.l1_loss(fake, photo)


def d_step(generator, discriminator, optimizer, edges, photo):
    discriminator.zero_grad()
    real = entropy(discriminator(edges, photo), 1) / 2
    real.backward()
    fake = entropy(discriminator(edges, generator(edges)), 0) / 2
    fake.backward()
    optimizer.step()
    return (real + fake).detach()


def g_step(generator, discriminator, optimizer, edges, photo):
    generator.zero_grad()
    fake = generator(edges)
    loss = g_loss(discriminator(edges, fake), fake, photo)
    loss.backward()
    optimizer.step()
    return loss.detach()
