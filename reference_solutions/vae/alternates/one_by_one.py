"""Another right answer, plain and slow: image by image, the whole loss in one function. The reference's weights."""

import torch
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.hidden, self.mu, self.logvar = nn.Linear(784, 200), nn.Linear(200, latent), nn.Linear(200, latent)

    def forward(self, x):
        pairs = []
        for image in x:
            h = F.relu(self.hidden(image.reshape(784)))
            pairs.append((self.mu(h), self.logvar(h)))
        return torch.stack([m for m, _ in pairs]), torch.stack([v for _, v in pairs])


class Decoder(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(latent, 200), nn.ReLU(), nn.Linear(200, 784))

    def forward(self, z):
        return self.layers(z)[:, None].unflatten(2, (28, 28))


class VAE(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.latent, self.encoder, self.decoder = latent, Encoder(latent), Decoder(latent)


def reparameterize(mu, logvar, noise=None):
    if noise is None:
        noise = torch.stack([torch.randn(mu.shape[1]) for _ in range(len(mu))])
    sigma = logvar.exp() ** 0.5
    return noise.mul(sigma).add(mu)


def kl_divergence(mu, logvar):
    each = []
    for m, v in zip(mu, logvar, strict=True):
        each.append(sum((m[j] ** 2 + v[j].exp() - v[j] - 1) / 2 for j in range(len(m))))
    return torch.stack(each)


def reconstruction_loss(logits, x):
    return torch.stack([F.binary_cross_entropy_with_logits(a, t, reduction="sum") for a, t in zip(logits, x, strict=True)])


def negative_elbo(model, x, noise=None):
    mu, logvar = model.encoder(x)
    if noise is None:
        noise = torch.randn(mu.shape)
    logits = model.decoder(mu + torch.exp(logvar / 2) * noise)
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.shape[0]
    kl = 0.5 * torch.mean(torch.sum(mu.pow(2) + logvar.exp() - 1 - logvar, dim=1))
    return {"loss": rec + kl, "rec": rec, "kl": kl}


def sample(model, n, generator=None):
    images = []
    for _ in range(n):
        z = torch.randn(1, model.latent, generator=generator)
        images.append(torch.sigmoid(model.decoder(z).detach())[0])
    return torch.stack(images)
