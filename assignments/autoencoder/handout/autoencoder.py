# %% [markdown]
# # Autoencoder on MNIST
#
# An autoencoder squeezes an image x through a code z of a few numbers and asks for the image back:
#
#     z = f(x)        encoder, (B, 1, 28, 28) -> (B, Z)
#     xhat = g(z)     decoder, (B, Z) -> (B, 1, 28, 28)
#
# 784 pixels have to pass through Z = 16 numbers. What survives is what the digits have in common and what sets them apart.
#
# Six TODOs, in the order in which you need them. Keep the names, the arguments and the shapes; inside, do as you like.
#
# Sources: Hinton & Salakhutdinov, Science 313 (2006); Goodfellow, Bengio & Courville, Deep Learning (2016), section 14.1.

# %%
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

# %% [markdown]
# ## TODO 1 · Encoder
#
# z = f(x). Flatten the image, let a hidden layer or two with a nonlinearity look at it, end in a plain linear layer of
# `latent_dim` numbers. No activation on the code: z may be any real number, of either sign. Convolutions are welcome too.
# `forward` is written for a single `self.layers`; change it if you build something else.


# %%
class Encoder(nn.Module):
    """z = f(x).

    x: (B, 1, 28, 28), values in [0, 1]. Returns z: (B, latent_dim), any real numbers.
    Each image has a code of its own: what else is in the batch makes no difference.
    """

    def __init__(self, latent_dim: int = 16) -> None:
        super().__init__()
        # TODO 1: build self.layers, (B, 1, 28, 28) -> (B, latent_dim)
        raise NotImplementedError("TODO 1: Encoder.__init__")

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # (B, Z)


# %% [markdown]
# ## TODO 2 · Decoder
#
# xhat = g(z), the way back: wider and wider, and at the end an image again. Pixels lie in [0, 1], so the last step squashes:
# the sigmoid 1 / (1 + exp(-a)) does it smoothly. Cutting off (clamp, ReLU) would leave no gradient where it cuts.


# %%
class Decoder(nn.Module):
    """xhat = g(z).

    z: (B, latent_dim), any real numbers. Returns xhat: (B, 1, 28, 28), values in [0, 1].
    """

    def __init__(self, latent_dim: int = 16) -> None:
        super().__init__()
        # TODO 2: build self.layers, (B, latent_dim) -> (B, 1, 28, 28) with values in [0, 1]
        raise NotImplementedError("TODO 2: Decoder.__init__")

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)  # (B, 1, 28, 28)


# %% [markdown]
# The two together. Nothing to do here: the picture is made from the code alone, there is no way around the bottleneck.


# %%
class Autoencoder(nn.Module):
    """xhat = g(f(x))."""

    def __init__(self, latent_dim: int = 16) -> None:
        super().__init__()
        self.encoder = Encoder(latent_dim)
        self.decoder = Decoder(latent_dim)

    def encode(self, x: Tensor) -> Tensor:
        """x: (B, 1, 28, 28). Returns z: (B, Z)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """z: (B, Z). Returns xhat: (B, 1, 28, 28)."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, 1, 28, 28). Returns xhat: (B, 1, 28, 28)."""
        return self.decode(self.encode(x))


# %% [markdown]
# ## TODO 3 · Reconstruction loss
#
# The squared error, summed over everything that belongs to one image, averaged over the images of the batch:
#
#     L(xhat, x) = 1/B * sum_i || xhat_i - x_i ||^2
#
# The sum over pixels is the squared distance between two images; the mean keeps L comparable when the batch size changes.
# (You will meet the same convention in the VAE, where a loss averaged over pixels would change what is learned.)


# %%
def reconstruction_loss(xhat: Tensor, x: Tensor) -> Tensor:
    """L = 1/B * sum_i ||xhat_i - x_i||^2: sum over channels and pixels, mean over the batch.

    xhat, x: (B, C, H, W), of any size. Returns a scalar tensor that gradients can flow through.
    """
    # TODO 3: squared error, summed over each image, averaged over the batch
    raise NotImplementedError("TODO 3: reconstruction_loss")


# %% [markdown]
# ## TODO 4 · One epoch of training
#
# For every batch: clear the gradients, xhat = model(x), the loss, backward, one step of the optimizer. Train in training mode.
# Return the mean loss *per image*: the last batch may be smaller, and then it must count for less.


# %%
def train_epoch(model: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> float:
    """One pass over the data: one optimizer step on reconstruction_loss for each batch.

    loader gives (images, labels): (B, 1, H, W) and (B,); the labels are not used.
    Returns the mean over all images of their loss, as a plain number: sum_b B_b L_b / sum_b B_b.
    """
    # TODO 4: zero_grad, forward, loss, backward, step for every batch; the mean loss per image
    raise NotImplementedError("TODO 4: train_epoch")


# %% [markdown]
# ## TODO 5 · Table of codes
#
# The codes of a whole data set, row n for image n, beside the labels. This is the table behind a plot of the latent space: a row
# out of order paints a point in the wrong colour. Evaluation mode, no gradients, at most `batch_size` images at a time.


# %%
def latent_table(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 256) -> tuple[Tensor, Tensor]:
    """The code of every image, in the order of the data.

    images: (N, 1, H, W), labels: (N,). Returns z: (N, Z), without gradients, and the labels: (N,), row by row.
    The model is in evaluation mode and sees at most batch_size images at a time.
    """
    # TODO 5: encode batch by batch, in order, in evaluation mode and without gradients
    raise NotImplementedError("TODO 5: latent_table")


# %% [markdown]
# ## TODO 6 · Interpolation
#
# Walk on a straight line from the code of one image to the code of another and look at what the decoder makes of it:
#
#     z_k = (1 - t_k) f(xa) + t_k f(xb),    t_k = k / (n - 1),    k = 0 ... n - 1
#
# Both ends are included. Mixing the pixels instead would fade one image over the other: two ghosts, and never a digit between.


# %%
def interpolate(model: nn.Module, xa: Tensor, xb: Tensor, n: int) -> Tensor:
    """g(z_k) at n equally spaced points from f(xa) to f(xb), both ends included.

    xa, xb: (1, H, W), one image each. n >= 2. Returns (n, 1, H, W), without gradients.
    The model is in evaluation mode.
    """
    # TODO 6: encode both images, n codes on the line between them, decode
    raise NotImplementedError("TODO 6: interpolate")
