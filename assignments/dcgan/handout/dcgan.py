# %% [markdown]
# # DCGAN
#
# Two networks play against each other. The *generator* G turns noise z into an image; the *discriminator* D looks at an image
# and says how likely it is real. D is trained to tell real from generated, G is trained to be taken for real. For probabilities
# D(x),
#
#     min_G max_D  V(D, G)  =  E_x[ log D(x) ]  +  E_z[ log(1 - D(G(z))) ]          (Goodfellow et al., Eq. 1)
#
# Sources: Goodfellow et al., *Generative Adversarial Nets*, arXiv:1406.2661, for the game; Radford, Metz, Chintala,
# *Unsupervised Representation Learning with Deep Convolutional GANs*, arXiv:1511.06434, for the networks (DCGAN).
#
# Sizes: B images in a batch, Z latent dimensions. The networks see pixels in [-1, 1]; on disk a pixel is a byte, 0 to 255.

# %%
"""DCGAN for 28 x 28 grey images (Goodfellow et al., arXiv:1406.2661; Radford et al., arXiv:1511.06434)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LATENT = 32  # Z of the generator that you hand in; the graders send noise of this width

# %% [markdown]
# ## TODO 1 · Generator
# Build `self.layers`: from noise (B, Z) to images (B, 1, 28, 28). DCGAN's recipe (Section 3): a linear layer to a small stack
# of feature maps, 7 x 7 here, then *transposed* convolutions of stride 2, each of which doubles the size: 7, 14, 28. Batch
# normalisation and ReLU after every layer but the last. The last one ends in tanh, so that every pixel is in [-1, 1].
#
# `nn.Unflatten` reshapes. With `kernel_size=4, stride=2, padding=1` a transposed convolution doubles the size exactly.
#
# The layers are a suggestion: only the shapes and the range are fixed. Keep it small, so that training takes seconds.


# %%
class Generator(nn.Module):
    """G(z): an image for each z. Radford et al., Section 3."""

    def __init__(self, latent: int = LATENT) -> None:
        super().__init__()
        # TODO 1: self.layers, from (B, Z) to (B, 1, 28, 28) in [-1, 1]
        raise NotImplementedError("TODO 1: Generator.__init__")

    def forward(self, z: Tensor) -> Tensor:
        """z: (B, Z), standard normal. Returns images: (B, 1, 28, 28) in [-1, 1]."""
        return self.layers(z)


# %% [markdown]
# ## TODO 2 · Discriminator
# Build `self.layers`: from images (B, 1, 28, 28) to one *logit* each, (B, 1). Convolutions of stride 2 (28, 14, 7) with
# LeakyReLU of slope 0.2, then a linear layer. Batch normalisation, except after the first layer (Section 3). No sigmoid: a
# logit l stands for the probability D(x) = sigmoid(l), and the sigmoid is left to the losses, where it can be computed stably.


# %%
class Discriminator(nn.Module):
    """D(x), before its sigmoid: a logit for each image, large where it looks real. Radford et al., Section 3."""

    def __init__(self) -> None:
        super().__init__()
        # TODO 2: self.layers, from (B, 1, 28, 28) to logits (B, 1)
        raise NotImplementedError("TODO 2: Discriminator.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, 1, 28, 28) in [-1, 1]. Returns logits: (B, 1)."""
        return self.layers(x)


# %% [markdown]
# ## TODO 3 · First weights
# DCGAN starts small (Section 4): every weight of a convolution, a transposed convolution and a linear layer from N(0, 0.02^2),
# its bias 0. Batch normalisation *multiplies* by its weight, so that one starts near 1: N(1, 0.02^2), bias 0. Everything else
# stays as it is.
#
# `network.apply(weights_init)` calls the function with each module in the network, containers included.


# %%
def weights_init(module: nn.Module) -> None:
    """Draws the first weights of one layer, in place: N(0, 0.02^2), for batch normalisation N(1, 0.02^2); biases 0."""
    # TODO 3: convolutions, transposed convolutions and linear layers; batch normalisation; nothing else
    raise NotImplementedError("TODO 3: weights_init")


# %% [markdown]
# ## TODO 4 · The discriminator's loss
# D raises V(D, G) of Eq. 1; an optimiser lowers, so the sign turns round:
#
#     d_loss  =  - mean log D(x)  -  mean log(1 - D(G(z))),        D = sigmoid(logit)
#
# A sum of two means, one over the real and one over the generated images: the cross-entropy with label 1 for real and label 0
# for generated. For a D that knows nothing, all logits 0, it is 2 log 2 = 1.386; that is also its value when G has won (Theorem
# 1).
#
# log D and log(1 - D) of a rounded probability are minus infinity. Work on the logits: `F.softplus`, `F.logsigmoid`, or
# `F.binary_cross_entropy_with_logits`.


# %%
def d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-V(D, G) of Goodfellow et al., Eq. 1: the mean over the real images plus the mean over the generated ones, in nats.

    real_logits, fake_logits: (B, 1), any real numbers. Returns a scalar.
    """
    # TODO 4: -log D for the real ones, -log(1 - D) for the generated ones
    raise NotImplementedError("TODO 4: d_loss")


# %% [markdown]
# ## TODO 5 · The generator's loss
# By Eq. 1, G should lower log(1 - D(G(z))). Early on D is sure that G's images are not real, and there that term is *flat*: its
# gradient with respect to the logit is -D(G(z)), almost 0. So G raises log D(G(z)) instead (end of Section 3): the same goal,
# and a gradient that is largest where G is worst. This is the *non-saturating* loss:
#
#     g_loss  =  - mean log D(G(z))


# %%
def g_loss(fake_logits: Tensor) -> Tensor:
    """The non-saturating loss, -log D(G(z)), mean over the batch, in nats: Goodfellow et al., end of Section 3.

    fake_logits: (B, 1). Returns a scalar.
    """
    # TODO 5: -log D of the generated images
    raise NotImplementedError("TODO 5: g_loss")


# %% [markdown]
# ## TODO 6 · One step of each player
# Algorithm 1 of Goodfellow et al., with one step of D for one of G. Each function makes exactly one optimiser step, with the
# noise that it is given.
#
# - `d_step` improves D on a batch of real images and a batch of generated ones. G does not change. It needs no gradient either:
#   `detach()` stops the computation at the generated images, which saves time.
# - `g_step` improves G. The gradient has to flow *through* D, so nothing may be detached; but D itself does not change.
#
# Show D the two kinds of images one after the other, not in one batch: batch normalisation would give away which is which.
#
# The trap: g_step's `backward()` leaves gradients in D's parameters too. Whatever is in `.grad` when a step begins is not
# yours. Leave both networks in the mode in which you find them: `train.py` puts them into train mode.


# %%
def d_step(generator: nn.Module, discriminator: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, z: Tensor) -> Tensor:
    """One step of the discriminator on real images x and on G(z); `optimizer` holds the discriminator's parameters.

    x: (B, 1, 28, 28) in [-1, 1]. z: (B, Z). Returns d_loss before the step: a scalar, detached.
    """
    # TODO 6: G(z), the loss, its gradient, the step
    raise NotImplementedError("TODO 6: d_step")


def g_step(generator: nn.Module, discriminator: nn.Module, optimizer: torch.optim.Optimizer, z: Tensor) -> Tensor:
    """One step of the generator; `optimizer` holds the generator's parameters.

    z: (B, Z). Returns g_loss before the step: a scalar, detached.
    """
    # TODO 6: G(z), the loss, its gradient through D, the step
    raise NotImplementedError("TODO 6: g_step")


# %% [markdown]
# ## TODO 7 · Images in, images out
# G ends in tanh, so real images have to lie in the same range, or D tells them apart by the range alone (Section 4): `prepare`
# maps a byte 0 to -1 and 255 to 1. `sample` maps back, and *rounds*: a conversion to bytes alone cuts off.
#
# In train mode batch normalisation takes mean and variance from the batch, so an image depends on its neighbours. To sample,
# use eval mode, in which each image depends on its own z alone; afterwards put the generator back into the mode it was in.


# %%
def prepare(images: Tensor) -> Tensor:
    """Bytes to what the networks see: 0 -> -1, 255 -> 1. images: (B, 1, 28, 28) uint8. Returns float32, same shape."""
    # TODO 7: from [0, 255] to [-1, 1]
    raise NotImplementedError("TODO 7: prepare")


def sample(generator: nn.Module, z: Tensor) -> Tensor:
    """G(z) as images to look at: eval mode, no gradient; the generator's mode afterwards is what it was before.

    z: (N, Z). Returns (N, 1, 28, 28) uint8: -1 -> 0, 1 -> 255, rounded to the nearest.
    """
    # TODO 7: eval mode, G(z) without gradient, the former mode, bytes
    raise NotImplementedError("TODO 7: sample")
