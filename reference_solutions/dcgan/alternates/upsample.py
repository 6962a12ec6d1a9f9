"""Another right answer: upsampling and convolution (Odena et al. 2016), label tensors, both kinds of images in one pass of D.

That works because this D has no batch normalisation, which would see other statistics in d_step than in g_step.
"""

import torch
from torch import nn

LATENT = 32
BCE = nn.BCEWithLogitsLoss()


class Generator(nn.Module):
    def __init__(self, latent=LATENT):
        super().__init__()
        self.start = nn.Linear(latent, 24 * 49)
        self.first = nn.Sequential(nn.BatchNorm2d(24), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(24, 16, 3, padding=1))
        self.second = nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(16, 1, 5, padding=2))

    def forward(self, z):
        h = self.start(z).reshape(z.shape[0], 24, 7, 7)
        return torch.tanh(self.second(self.first(h)))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 5, 2, 2), nn.LeakyReLU(0.2)
        )
        self.judge = nn.Linear(32 * 49, 1)

    def forward(self, x):
        return self.judge(self.features(x).view(len(x), -1))


def weights_init(module):
    kind = type(module).__name__
    if "Conv" in kind or kind == "Linear":
        module.weight.data.normal_(0.0, 0.02)
        if module.bias is not None:
            module.bias.data.fill_(0)
    elif "BatchNorm" in kind:
        module.weight.data.normal_(1.0, 0.02)
        module.bias.data.fill_(0)


def d_loss(real_logits, fake_logits):
    return BCE(real_logits, torch.ones_like(real_logits)) + BCE(fake_logits, torch.zeros_like(fake_logits))


def g_loss(fake_logits):
    return BCE(fake_logits, torch.ones_like(fake_logits))


def d_step(generator, discriminator, optimizer, x, z):
    optimizer.zero_grad()
    with torch.no_grad():
        fake = generator(z)
    logits = discriminator(torch.cat([x, fake]))
    loss = d_loss(logits[: len(x)], logits[len(x) :])
    loss.backward()
    optimizer.step()
    return loss.detach()


def g_step(generator, discriminator, optimizer, z):
    optimizer.zero_grad()
    loss = g_loss(discriminator(generator(z)))
    loss.backward()
    optimizer.step()
    return loss.detach()


def prepare(images):
    return (images / 255 - 0.5) / 0.5


@torch.inference_mode()
def sample(generator, z):
    mode = generator.training
    generator.train(False)
    images = generator(z)
    generator.train(mode)
    return (images * 127.5 + 128).clamp(0, 255).to(torch.uint8)
