"""Another right answer: convolutions, one chunked head, torch.distributions for both terms. Weights of its own."""

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal
from torch.distributions import kl_divergence as kl_of


class Encoder(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 4, stride=2, padding=1), nn.SiLU(),  # (B, 12, 14, 14)
            nn.Conv2d(12, 24, 4, stride=2, padding=1), nn.SiLU(),  # (B, 24, 7, 7)
            nn.Flatten(), nn.Linear(24 * 49, 2 * latent),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x).chunk(2, dim=-1)


class Decoder(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent, 24 * 49), nn.SiLU(), nn.Unflatten(1, (24, 7, 7)),
            nn.ConvTranspose2d(24, 12, 4, stride=2, padding=1), nn.SiLU(),  # (B, 12, 14, 14)
            nn.ConvTranspose2d(12, 1, 4, stride=2, padding=1),  # (B, 1, 28, 28)
        )  # fmt: skip

    def forward(self, z):
        return self.layers(z)


class VAE(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.latent, self.encoder, self.decoder = latent, Encoder(latent), Decoder(latent)


def _posterior(mu, logvar):
    return Independent(Normal(mu, logvar.mul(0.5).exp()), 1)


def reparameterize(mu, logvar, noise=None):
    q = _posterior(mu, logvar)
    return q.rsample() if noise is None else q.base_dist.loc + q.base_dist.scale * noise


def kl_divergence(mu, logvar):
    return kl_of(_posterior(mu, logvar), Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1))


def reconstruction_loss(logits, x):
    return -Independent(Bernoulli(logits=logits, validate_args=False), 3).log_prob(x)


def negative_elbo(model, x, noise=None):
    mu, logvar = model.encoder(x)
    logits = model.decoder(reparameterize(mu, logvar, noise))
    rec, kl = reconstruction_loss(logits, x), kl_divergence(mu, logvar)
    return {"loss": (rec + kl).mean(), "rec": rec.mean().detach(), "kl": kl.mean().detach()}


def sample(model, n, generator=None):
    model.eval()
    with torch.no_grad():
        z = torch.normal(0.0, 1.0, (n, model.latent), generator=generator)
        return Bernoulli(logits=model.decoder(z)).probs
