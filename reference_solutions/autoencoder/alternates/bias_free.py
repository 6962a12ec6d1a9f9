"""No biases, SiLU, pixels by a rescaled tanh; the loss as a squared norm; gradients cleared by hand at the end of the loop."""

from itertools import pairwise

import torch
from torch import nn


def mlp(*widths):
    layers = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b, bias=False), nn.SiLU()]
    return layers[:-1]  # nothing after the last


class Encoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.net = nn.Sequential(*mlp(784, 128, latent_dim))

    def forward(self, x):
        return self.net(2 * x.flatten(start_dim=1) - 1)  # (B, Z)


class Decoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.net = nn.Sequential(*mlp(latent_dim, 128, 784))

    def forward(self, z):
        a = self.net(z)  # (B, 784)
        return (0.5 * (torch.tanh(a) + 1)).reshape(len(z), 1, 28, 28)  # tanh, rescaled to [0, 1]


class Autoencoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.encoder, self.decoder = Encoder(latent_dim), Decoder(latent_dim)

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def reconstruction_loss(xhat, x):
    return torch.linalg.vector_norm((xhat - x).flatten(1), dim=1).pow(2).sum() / x.shape[0]


def train_epoch(model, loader, optimizer):
    model.train()
    optimizer.zero_grad()
    weighted = images_seen = 0
    for images, _labels in loader:
        loss = reconstruction_loss(model(images), images)
        loss.backward()
        optimizer.step()
        for p in model.parameters():
            p.grad = None
        weighted += float(loss.detach()) * len(images)
        images_seen += len(images)
    return weighted / images_seen


def latent_table(model, images, labels, batch_size=256):
    was_training = model.training
    model.eval()
    rows = []
    for start in range(0, len(images), batch_size):
        with torch.inference_mode():
            rows.extend(model.encode(images[start : start + batch_size]).unbind())
    model.train(was_training)
    return torch.stack(rows).clone(), labels.clone()


def interpolate(model, xa, xb, n):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        za = model.encode(xa[None])[0]
        zb = model.encode(xb[None])[0]
        path = [za + k * (zb - za) / (n - 1) for k in range(n)]
        pictures = model.decode(torch.stack(path))
    model.train(was_training)
    return pictures
