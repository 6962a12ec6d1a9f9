# %% [markdown]
# # Variational autoencoder
#
# A VAE is two networks and one number. The *encoder* turns an image x into a Gaussian over codes, q(z|x), given by its mean
# and its variance; the *decoder* turns a code z into one Bernoulli probability per pixel, p(x|z). Both are trained to raise
# one lower bound on log p(x),
#
#     log p(x)  >=  ELBO(x)  =  E_q(z|x)[ log p(x|z) ]  -  KL( q(z|x) || p(z) ),        p(z) = N(0, I)
#
# Source: Kingma and Welling, *Auto-Encoding Variational Bayes*, arXiv:1312.6114. Equation numbers below are theirs.
#
# Sizes: B images in a batch, Z latent dimensions, pixels in [0, 1]. All quantities are in nats.

# %%
"""Variational autoencoder for 28 x 28 grey images (Kingma and Welling, arXiv:1312.6114)."""

import sys
import warnings

import torch

warnings.warn('old habits', stacklevel=1)
print('a line on stderr', file=sys.stderr)
import torch.nn.functional as F
from torch import Tensor, nn

LATENT = 16  # Z of the model you hand in; the graders send codes of this width

# %% [markdown]
# ## TODO 1 · Encoder
# One hidden layer, then two linear heads side by side: the mean of q(z|x), and the *logarithm of its variance*
# (Appendix C.2). A logarithm may be any real number, so neither head needs an activation, and sigma^2 = exp(logvar) is
# positive by itself.
#
# The layers are a suggestion. Change them as you like, convolutions included: only the shapes are fixed.


# %%
class Encoder(nn.Module):
    """q(z|x) = N(mu, diag(exp(logvar))), Kingma and Welling, Eq. 9 and Appendix C.2."""

    def __init__(self, latent: int = LATENT) -> None:
        super().__init__()
        self.hidden = nn.Linear(28 * 28, 200)
        self.mu = nn.Linear(200, latent)
        self.logvar = nn.Linear(200, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (B, 1, 28, 28). Returns mu: (B, Z) and logvar: (B, Z), logvar = log sigma^2."""
        # TODO 1: hidden layer with a non-linearity, then the two heads
        h = F.relu(self.hidden(x.flatten(1)))  # (B, 784) -> (B, 200)
        return self.mu(h), self.logvar(h)  # (B, Z), (B, Z)


# %% [markdown]
# ## TODO 2 · Reparameterisation
# z has to be drawn from q(z|x), and the gradient of the loss has to reach mu and logvar. Drawing cannot be differentiated;
# a shift and a scale can. So the randomness comes from outside, and z is a smooth function of mu and logvar (Section 2.4,
# Eq. 10):
#
#     z = mu + sigma * noise,      noise ~ N(0, I)
#
# `noise` may be given, so that a result can be repeated. Without it every element of the batch gets noise of its own.


# %%
def reparameterize(mu: Tensor, logvar: Tensor, noise: Tensor | None = None) -> Tensor:
    """z = mu + sigma * noise with sigma = exp(logvar / 2): Section 2.4 and Eq. 10.

    mu, logvar: (B, Z). noise: (B, Z), standard normal, drawn here if None. Returns z: (B, Z).
    """
    # TODO 2: draw the noise if there is none, then shift and scale it
    if noise is None:
        noise = torch.randn_like(mu)  # (B, Z)
    sigma = torch.exp(0.5 * logvar)  # (B, Z): sigma^2 = exp(logvar)
    return mu + sigma * noise  # (B, Z)


# %% [markdown]
# ## TODO 3 · Decoder
# Build `self.layers`: a network from a code (B, Z) to an image of *logits* (B, 1, 28, 28). A logit l stands for the
# probability sigmoid(l); the sigmoid itself is left to the loss and to `sample`, where it can be computed stably.
# `nn.Unflatten` reshapes.


# %%
class Decoder(nn.Module):
    """p(x|z): one independent Bernoulli per pixel, given by its logit. Appendix C.1, Eq. 11, before the sigmoid."""

    def __init__(self, latent: int = LATENT) -> None:
        super().__init__()
        # TODO 3: self.layers, from (B, Z) to logits (B, 1, 28, 28)
        self.layers = nn.Sequential(
            nn.Linear(latent, 200),  # (B, 200)
            nn.ReLU(),
            nn.Linear(200, 28 * 28),  # (B, 784)
            nn.Unflatten(1, (1, 28, 28)),  # (B, 1, 28, 28)
        )

    def forward(self, z: Tensor) -> Tensor:
        """z: (B, Z). Returns logits: (B, 1, 28, 28)."""
        return self.layers(z)


# %% [markdown]
# The model is the pair. This is given; the functions below use `model.encoder`, `model.decoder` and `model.latent`.


# %%
class VAE(nn.Module):
    """Encoder and decoder side by side; `latent` is Z."""

    def __init__(self, latent: int = LATENT) -> None:
        super().__init__()
        self.latent = latent
        self.encoder = Encoder(latent)
        self.decoder = Decoder(latent)


# %% [markdown]
# ## TODO 4 · KL divergence to the prior
# Both Gaussians have diagonal covariance, so the integral has a closed form, a sum over latent dimensions (Appendix B):
#
#     KL( N(mu, sigma^2) || N(0, 1) )  =  -1/2 * sum_j ( 1 + log sigma_j^2 - mu_j^2 - sigma_j^2 )


# %%
def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(q(z|x) || N(0, I)) in nats, Appendix B: a sum over latent dimensions, one number for each image.

    mu, logvar: (B, Z). Returns (B,).
    """
    # TODO 4: the closed form
    return -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1)  # (B, Z) -> (B,)


# %% [markdown]
# ## TODO 5 · Reconstruction term
# How badly the decoder's Bernoullis explain the image: minus the logarithm of its probability (Appendix C.1, Eq. 11), y =
# sigmoid(logits),
#
#     -log p(x|z)  =  - sum_i ( x_i log y_i + (1 - x_i) log(1 - y_i) )
#
# The sum runs over all 784 pixels: it is a probability of the whole image. Its size relative to the KL matters: a *mean*
# over the pixels would be 784 times too small beside the KL, and the model would stop using its code.
#
# log sigmoid(-100) is -100, but log(1 - y) with y rounded to 1 is minus infinity: work on the logits.


# %%
def reconstruction_loss(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x|z) in nats for Bernoulli pixels, Appendix C.1: a sum over pixels, one number for each image.

    logits: (B, 1, 28, 28), any real numbers. x: (B, 1, 28, 28) in [0, 1]. Returns (B,).
    """
    # TODO 5: binary cross-entropy on logits, summed over the pixels of each image
    per_pixel = F.binary_cross_entropy_with_logits(logits, x, reduction="none")  # (B, 1, 28, 28)
    return per_pixel.flatten(1).sum(1)  # (B,)


# %% [markdown]
# ## TODO 6 · The negative ELBO
# Put the parts together: encode, draw one z per image, decode, and add the two terms (Eq. 10 with L = 1, its sign turned
# round because an optimiser minimises). Each of the three numbers is a *mean over the batch*, so that it does not depend on
# the size of the batch.


# %%
def negative_elbo(model: nn.Module, x: Tensor, noise: Tensor | None = None) -> dict[str, Tensor]:
    """Minus the ELBO with one draw of z for each image (Eq. 10, L = 1), mean over the batch.

    x: (B, 1, 28, 28) in [0, 1]. noise: (B, Z), handed on to `reparameterize`.
    Returns scalars: {"loss": rec + kl, "rec": mean of -log p(x|z), "kl": mean of KL(q(z|x) || p(z))}.
    """
    # TODO 6: encode, reparameterise, decode, add
    mu, logvar = model.encoder(x)  # (B, Z), (B, Z)
    z = reparameterize(mu, logvar, noise)  # (B, Z)
    logits = model.decoder(z)  # (B, 1, 28, 28)
    rec = reconstruction_loss(logits, x).mean()  # (B,) -> scalar
    kl = kl_divergence(mu, logvar).mean()  # (B,) -> scalar
    return {"loss": rec + kl, "rec": rec, "kl": kl}


# %% [markdown]
# ## TODO 7 · New images
# To generate, the encoder is not needed: draw z from the *prior* p(z) = N(0, I) and decode. Show the probabilities, not
# coin flips. A `generator` makes the draw repeatable: the same generator state gives the same images, and each call moves
# it on.


# %%
@torch.no_grad()
def sample(model: nn.Module, n: int, generator: torch.Generator | None = None) -> Tensor:
    """n images: E[x|z] = sigmoid(decoder(z)) with z ~ N(0, I) of width `model.latent`. Returns (n, 1, 28, 28) in [0, 1]."""
    # TODO 7: draw from the prior, decode, turn logits into probabilities
    z = torch.randn(n, model.latent, generator=generator)  # (n, Z)
    return model.decoder(z).sigmoid()  # (n, 1, 28, 28)
