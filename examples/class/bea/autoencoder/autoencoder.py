"""Convolutions with stride 2 down, transposed convolutions up; codes collected by a DataLoader; torch.lerp between codes."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Encoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.out = nn.Linear(16 * 7 * 7, latent_dim)

    def forward(self, x):
        h = F.relu(self.conv1(x))  # (B, 8, 14, 14)
        h = F.relu(self.conv2(h))  # (B, 16, 7, 7)
        return self.out(h.reshape(x.shape[0], -1))  # (B, Z)


class Decoder(nn.Module):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.inp = nn.Linear(latent_dim, 16 * 7 * 7)
        self.up1 = nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)

    def forward(self, z):
        h = F.relu(self.inp(z)).view(-1, 16, 7, 7)  # (B, 16, 7, 7)
        h = F.relu(self.up1(h))  # (B, 8, 14, 14)
        return torch.sigmoid(self.up2(h))  # (B, 1, 28, 28)


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
    return F.mse_loss(xhat, x, reduction="none").sum(dim=(1, 2, 3)).mean()


def train_epoch(model, loader, optimizer):
    model.train()
    running = []
    for batch in loader:
        images = batch[0]
        xhat = model.decode(model.encode(images))
        loss = reconstruction_loss(xhat, images)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        running += [loss.item()] * images.size(0)
    return sum(running) / len(running)


@torch.no_grad()
def latent_table(model, images, labels, batch_size=256):
    model.eval()
    codes, names = [], []
    for x, y in DataLoader(TensorDataset(images, labels), batch_size=batch_size, shuffle=False):
        codes.append(model.encoder(x))
        names.append(y)
    return torch.cat(codes, dim=0), torch.cat(names, dim=0)


@torch.no_grad()
def interpolate(model, xa, xb, n):
    model.eval()
    za, zb = model.encode(xa.unsqueeze(0)), model.encode(xb.unsqueeze(0))  # (1, Z)
    return torch.cat([model.decode(torch.lerp(za, zb, k / (n - 1))) for k in range(n)])  # (n, 1, H, W)
