"""Matrices as plain parameters and einsum, one hidden layer of 96 GELUs; a table filled in place; codes by outer products."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def matrix(rows, columns):
    return nn.Parameter(torch.randn(rows, columns) * math.sqrt(2 / rows))


class Encoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.w1, self.b1 = matrix(784, 96), nn.Parameter(torch.zeros(96))
        self.w2, self.b2 = matrix(96, latent_dim), nn.Parameter(torch.zeros(latent_dim))

    def forward(self, x):
        h = F.gelu(torch.einsum("bchw,chwk->bk", x, self.w1.view(1, 28, 28, -1)) + self.b1)  # (B, 96)
        return h @ self.w2 + self.b2  # (B, Z)


class Decoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.w1, self.b1 = matrix(latent_dim, 96), nn.Parameter(torch.zeros(96))
        self.w2, self.b2 = nn.Parameter(0.1 * torch.randn(96, 784)), nn.Parameter(torch.zeros(784))

    def forward(self, z):
        h = F.gelu(z @ self.w1 + self.b1)  # (B, 96)
        logits = h @ self.w2 + self.b2  # (B, 784)
        return (1 / (1 + torch.exp(-logits.clamp(-60, 60)))).unflatten(1, (1, 28, 28))


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
    d = xhat - x
    return torch.einsum("bchw,bchw->", d, d) / d.size(0)


def train_epoch(model, loader, optimizer):
    model.train()
    total = torch.zeros(())
    for x, _ in loader:
        model.zero_grad()
        loss = reconstruction_loss(model(x), x)
        loss.backward()
        optimizer.step()
        total += loss.detach() * x.shape[0]
    return (total / len(loader.dataset)).item()


def latent_table(model, images, labels, batch_size=256):
    model.eval()
    table = None
    with torch.no_grad():
        for at in range(0, images.shape[0], batch_size):
            z = model.encode(images[at : at + batch_size])
            if table is None:
                table = torch.empty(images.shape[0], z.shape[1])
            table[at : at + len(z)] = z
    return table, labels


def interpolate(model, xa, xb, n):
    model.eval()
    t = torch.arange(n, dtype=torch.float32) / (n - 1)  # (n,)
    z = model.encode(torch.stack((xa, xb))).detach()  # (2, Z)
    codes = torch.outer(1 - t, z[0]) + torch.outer(t, z[1])  # (n, Z)
    return model.decode(codes).detach()
