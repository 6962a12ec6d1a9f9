# %% [markdown]
# # Pix2Pix: from edges to a photo
#
# Image-to-image translation: an image x goes in, another image y of the same thing comes out. Here x is a drawing of the edges
# of a garment and y its photograph. Many photographs have the same edges, so a network that is trained with a distance alone
# paints their mean. Pix2Pix adds a discriminator that looks at the *pair* (x, y) and says whether y is a real photo of x:
#
#     G*  =  arg min_G max_D  L_cGAN(G, D)  +  lambda L_L1(G)                                  (Isola et al., Eq. 4)
#
# Source: Isola, Zhu, Zhou, Efros, *Image-to-Image Translation with Conditional Adversarial Networks*, arXiv:1611.07004. The
# equation and section numbers below are from there.
#
# Sizes: B pairs in a batch; edges and photos are (B, 1, 28, 28) in [-1, 1]; the discriminator gives a map of h x w logits.

# %%
"""Pix2Pix for 28 x 28 grey images: edges to photos (Isola et al., arXiv:1611.07004)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LAMBDA = 100.0  # weight of the L1 term, Section 4.1
STRONG = 200.0  # how steep a place has to be to count as an edge, in grey levels of the Sobel filter

# %% [markdown]
# ## Given: the pairs
# The training set makes itself: `edge_map` draws the edges of a photo, and the photo is what G has to find again. The grader
# draws edges in exactly this way, so leave both functions as they are.


# %%
def edge_map(images: Tensor) -> Tensor:
    """Edges of photos: 1 where the Sobel gradient is longer than STRONG, -1 elsewhere. Bytes give whole numbers: no rounding.

    images: (B, 1, H, W) uint8. Returns float32, same shape.
    """
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    padded = F.pad(images.float(), (1, 1, 1, 1), mode="replicate")
    across, along = F.conv2d(padded, sobel[None, None]), F.conv2d(padded, sobel.T[None, None])  # (B, 1, H, W)
    return 2 * (across.square() + along.square() > STRONG**2).float() - 1


def to_photo(images: Tensor) -> Tensor:
    """Bytes to what the networks see: 0 -> -1, 255 -> 1. images: (B, 1, H, W) uint8. Returns float32, same shape."""
    return images.float() / 127.5 - 1


# %% [markdown]
# ## TODO 1 · Generator: a U-Net
# Edges and photo have the same outline, so where things *are* should not have to pass a narrow bottleneck. A U-Net (Section
# 3.2.1) is an encoder and a decoder with *skip connections*: what stage i on the way down gives is handed, beside what comes
# from below, to the stage of the same size on the way up: `torch.cat([from_below, kept], dim=1)` adds the channels up.
#
# Build three attributes, and join them in `forward`:
#
# - `self.down`: an `nn.ModuleList` of stages, each of which halves the size: 28, 14, 7. A convolution with `kernel_size=4,
#   stride=2, padding=1`, batch normalisation (not in the first one), LeakyReLU of slope 0.2.
# - `self.bottom`: one module, the innermost part; what comes out has the size of what goes in. Here: down to 4 x 4 and up again.
# - `self.up`: an `nn.ModuleList` of as many stages, each of which doubles the size: 7, 14, 28. A transposed convolution with the
#   same three numbers, batch normalisation and ReLU; the last one ends in tanh, without normalisation.
#
# A stage on the way up sees the channels from below *and* those of the skip: twice as many in. The innermost skip comes first.
# Layers are a suggestion; the three attributes are fixed, because the grader takes hold of what each stage gives. Noise z is
# left out: the paper found that G learns to ignore it.


# %%
class UNet(nn.Module):
    """G(x): a photo for each drawing of edges. Isola et al., Section 3.2.1."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        # TODO 1: self.down, self.bottom, self.up
        ### BEGIN SOLUTION
        outer = nn.Sequential(nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2))  # (B, W, 14, 14)
        inner = nn.Sequential(nn.Conv2d(width, 2 * width, 4, 2, 1), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2))  # (B, 2W, 7, 7)
        self.down = nn.ModuleList([outer, inner])
        self.bottom = nn.Sequential(
            nn.Conv2d(2 * width, 4 * width, kernel_size=3, stride=2, padding=1),  # (B, 4W, 4, 4)
            nn.BatchNorm2d(4 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * width, 2 * width, kernel_size=3, stride=2, padding=1),  # (B, 2W, 7, 7)
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
        )
        inner = nn.Sequential(nn.ConvTranspose2d(4 * width, width, 4, 2, 1), nn.BatchNorm2d(width), nn.ReLU())  # (B, W, 14, 14)
        outer = nn.Sequential(nn.ConvTranspose2d(2 * width, 1, 4, 2, 1), nn.Tanh())  # (B, 1, 28, 28)
        self.up = nn.ModuleList([inner, outer])
        ### END SOLUTION

    def forward(self, edges: Tensor) -> Tensor:
        """edges: (B, 1, 28, 28) in [-1, 1]. Returns photos: (B, 1, 28, 28) in [-1, 1]."""
        # TODO 1: down, keeping what every stage gives; through the bottom; up, each stage with what was kept
        ### BEGIN SOLUTION
        kept, hidden = [], edges
        for stage in self.down:
            hidden = stage(hidden)
            kept.append(hidden)
        hidden = self.bottom(hidden)
        for stage, skip in zip(self.up, reversed(kept), strict=True):
            hidden = stage(torch.cat([hidden, skip], dim=1))
        return hidden
        ### END SOLUTION


# %% [markdown]
# ## TODO 2 · Discriminator: a PatchGAN
# D judges whether photo y belongs to edges x, so both go in, edges first: `torch.cat([edges, photo], dim=1)`, two channels. It
# does not say one thing about the whole image but one about every *patch* (Section 3.2.2): a fully convolutional network whose
# answer is a map of logits. L1 sees to the large shapes; texture can be judged in patches, by a smaller network.
#
# Build `self.layers` from convolutions alone: 28 -> 14 -> 7 with `kernel_size=4, stride=2, padding=1`, then `kernel_size=4,
# stride=1, padding=1` to one channel, 6 x 6. LeakyReLU of slope 0.2 between them, batch normalisation in the middle one. No
# linear layer, no pooling over the whole image, and no sigmoid: the losses work on logits.


# %%
class PatchDiscriminator(nn.Module):
    """D(x, y), before its sigmoid: a logit for each patch, large where photo y looks like a real photo of edges x."""

    def __init__(self) -> None:
        super().__init__()
        # TODO 2: self.layers, from edges and photo (B, 2, 28, 28) to logits (B, 1, h, w)
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Conv2d(2, 16, kernel_size=4, stride=2, padding=1),  # (B, 16, 14, 14)
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),  # (B, 32, 7, 7)
            nn.BatchNorm2d(32),
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 1, kernel_size=4, stride=1, padding=1),  # (B, 1, 6, 6)
        )
        ### END SOLUTION

    def forward(self, edges: Tensor, photo: Tensor) -> Tensor:
        """edges, photo: (B, 1, 28, 28) in [-1, 1]. Returns logits: (B, 1, h, w)."""
        # TODO 2: the pair, as two channels, through the layers
        ### BEGIN SOLUTION
        return self.layers(torch.cat([edges, photo], dim=1))
        ### END SOLUTION


# %% [markdown]
# ## TODO 3 · How large is a patch?
# The *receptive field* of a logit is the square of pixels that it can see. Go through the layers from the input on. With a field
# of r pixels, and neighbouring outputs j pixels apart (both 1 at the input), a layer with kernel k and stride s makes
#
#     r  ->  r + (k - 1) j            j  ->  j s
#
# Padding moves the field, it does not change its size. For the paper's discriminator, kernels 4, strides 2, 2, 2, 1, 1, the
# answer is its "70 x 70 PatchGAN" (Section 6.1.2); for yours 22.


# %%
def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Side of the square of input pixels that one output sees.

    layers: (kernel, stride) of each convolution, from the input on; none at all means the input itself, 1.
    """
    # TODO 3: from the first layer to the last
    ### BEGIN SOLUTION
    field, distance = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * distance
        distance *= stride
    return field
    ### END SOLUTION


# %% [markdown]
# ## TODO 4 · Mirrored pairs
# A mirrored garment is a garment, so each pair can be shown in two ways ("random jitter and mirroring", Section 6.2). Two things
# must not happen: edges mirrored without their photo, for then the pair is no pair; and one decision for the whole batch.
#
# The decisions can be given, so that they can be repeated; otherwise they are drawn here, 1/2 each, for each pair anew.


# %%
def mirror(edges: Tensor, photo: Tensor, flip: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The pairs, some of them with left and right exchanged, in edges and photo alike.

    edges, photo: (B, 1, H, W). flip: (B,) bool, drawn here with probability 1/2 if None. Returns edges and photo, same shapes.
    """
    # TODO 4: draw flip if there is none; mirror both images of the pairs where it is true
    ### BEGIN SOLUTION
    if flip is None:
        flip = torch.rand(len(edges)) < 0.5
    chosen = flip[:, None, None, None]  # (B, 1, 1, 1)
    return torch.where(chosen, edges.flip(3), edges), torch.where(chosen, photo.flip(3), photo)
    ### END SOLUTION


# %% [markdown]
# ## TODO 5 · The discriminator's loss
# D raises L_cGAN(G, D) = E[log D(x, y)] + E[log(1 - D(x, G(x)))] (Eq. 1). An optimiser lowers, so the sign turns round; and the
# objective is divided by 2 while D is trained, "which slows down the rate at which D learns relative to G" (Section 3.3):
#
#     d_loss  =  1/2 ( - mean log D(x, y)  -  mean log(1 - D(x, G(x))) ),        D = sigmoid(logit)
#
# The means go over pairs *and* patches: every patch is one more example of the same binary question. Work on logits:
# -log sigmoid(l) = softplus(-l), -log(1 - sigmoid(l)) = softplus(l). A D that knows nothing has log 2 = 0.693.


# %%
def d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half of -L_cGAN (Eq. 1, Section 3.3): label 1 for real pairs, 0 for generated ones; mean over pairs and patches.

    real_logits, fake_logits: (B, 1, h, w), any real numbers. Returns a scalar.
    """
    # TODO 5: -log D for real pairs, -log(1 - D) for generated ones, and the half
    ### BEGIN SOLUTION
    real = F.softplus(-real_logits).mean()  # -log sigmoid(l) = softplus(-l)
    fake = F.softplus(fake_logits).mean()  # -log(1 - sigmoid(l)) = softplus(l)
    return 0.5 * (real + fake)
    ### END SOLUTION


# %% [markdown]
# ## TODO 6 · The generator's loss
# G wants two things: D should take its pairs for real, in the non-saturating form (Section 3.3: maximise log D rather than
# minimise log(1 - D)), and its photo should be near the true one in L1, which blurs less than L2 (Eq. 3):
#
#     g_loss  =  - mean log D(x, G(x))  +  lambda mean | y - G(x) |
#
# lambda weighs the L1 term, and only that. Its mean goes over pairs and pixels.


# %%
def g_loss(fake_logits: Tensor, fake: Tensor, photo: Tensor, weight: float = LAMBDA) -> Tensor:
    """The non-saturating adversarial loss plus weight times L1 (Eq. 4).

    fake_logits: (B, 1, h, w). fake, photo: (B, 1, H, W), G(x) and y. weight: lambda. Returns a scalar.
    """
    # TODO 6: the adversarial term, and the L1 term with its weight
    ### BEGIN SOLUTION
    adversarial = F.softplus(-fake_logits).mean()
    distance = (photo - fake).abs().mean()
    return adversarial + weight * distance
    ### END SOLUTION


# %% [markdown]
# ## TODO 7 · One step of each player
# One step of D, then one of G (Section 3.3), each with exactly one optimiser step.
#
# - `d_step` shows D the real pairs (x, y) and the generated ones (x, G(x)): the *same* x, edges first. G does not change, and
#   needs no gradient: `detach()` at G(x) saves time.
# - `g_step` lowers g_loss. The gradient has to flow through D to G, so nothing may be detached; D itself does not change. Which
#   image is called `photo` and which `fake` matters to D: only (x, G(x)) goes in here, never y.
#
# The trap is the same as in every GAN: g_step's `backward()` leaves gradients in D's parameters too. Leave both networks in the
# mode in which you find them, and do not put both kinds of pairs into one batch: batch normalisation would give them away.


# %%
def d_step(
    generator: nn.Module, discriminator: nn.Module, optimizer: torch.optim.Optimizer, edges: Tensor, photo: Tensor
) -> Tensor:
    """One step of the discriminator; `optimizer` holds its parameters. Called as `discriminator(edges, photo)`.

    edges, photo: (B, 1, H, W). Returns d_loss before the step: a scalar, detached.
    """
    # TODO 7: G(x), the loss of both kinds of pairs, its gradient, the step
    ### BEGIN SOLUTION
    fake = generator(edges).detach()  # (B, 1, H, W): G is not trained here
    loss = d_loss(discriminator(edges, photo), discriminator(edges, fake))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
    ### END SOLUTION


def g_step(
    generator: nn.Module, discriminator: nn.Module, optimizer: torch.optim.Optimizer, edges: Tensor, photo: Tensor
) -> Tensor:
    """One step of the generator; `optimizer` holds its parameters.

    edges, photo: (B, 1, H, W). Returns g_loss, with its usual weight, before the step: a scalar, detached.
    """
    # TODO 7: G(x), the loss, its gradient through D, the step
    ### BEGIN SOLUTION
    fake = generator(edges)  # (B, 1, H, W)
    loss = g_loss(discriminator(edges, fake), fake, photo)
    optimizer.zero_grad()
    loss.backward()  # also fills the gradients of the discriminator, which d_step sets to zero
    optimizer.step()
    return loss.detach()
    ### END SOLUTION
