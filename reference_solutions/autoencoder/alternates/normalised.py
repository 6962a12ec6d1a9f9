"""Batch normalisation and a little dropout, so that training and evaluation mode really differ; a residual block."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.LeakyReLU(0.1))

    def forward(self, h):
        return h + self.body(h)


class Encoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 120),
            nn.BatchNorm1d(120),
            nn.LeakyReLU(0.1),
            nn.Dropout(0.02),
            Block(120),
            nn.Linear(120, latent_dim),
        )

    def forward(self, x):
        return self.layers(x)


class Decoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(latent_dim, 120), nn.LeakyReLU(0.1), Block(120))
        self.pixels = nn.Linear(120, 784)

    def forward(self, z):
        return self.pixels(self.hidden(z)).sigmoid().view(z.size(0), 1, 28, 28)


class Autoencoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.encoder = Encoder(latent_dim)
        self.decoder = Decoder(latent_dim)

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z)

    def forward(self, x):
        return self.decode(self.encode(x))


def reconstruction_loss(xhat, x):
    return ((x - xhat) ** 2).sum(-1).sum(-1).sum(-1).mean(0)


def train_epoch(model, loader, optimizer):
    model.train()
    total, n = 0.0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = reconstruction_loss(model(images), images)
        loss.backward()
        optimizer.step()
        total += loss.item() * labels.shape[0]
        n += labels.shape[0]
    return total / n


def latent_table(model, images, labels, batch_size=256):
    model.eval()
    with torch.no_grad():
        return torch.vstack([model.encode(part) for part in torch.split(images, batch_size)]), labels


def interpolate(model, xa, xb, n):
    model.eval()
    with torch.no_grad():
        za, zb = model.encode(torch.cat([xa, xb]).unsqueeze(1)).unbind(0)
        steps = [torch.lerp(za, zb, float(t)) for t in torch.linspace(0, 1, n)]
        return model.decode(torch.stack(steps))
