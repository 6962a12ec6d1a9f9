"""What is observed inside, beside the student's code. Calls it, returns what came; judges nothing.

Where the architecture is free, an answer comes back beside a second one that it has to agree with: a batch, and a few of its
rows alone. Losses and steps are observed on stand-in networks whose every answer is known outside.
"""

import torch
from torch import Tensor, nn

ONE, FEW = slice(2, 3), slice(3, 10)
"""Rows that are computed a second time, alone: in eval mode every image has to be treated on its own."""
RATE_D, RATE_G = 0.02, 1.0
"""Learning rates of plain gradient descent on the stand-ins: a step is then the gradient itself."""
STEPS, BATCH, LEARNING_RATE, BETAS = 100, 32, 2e-3, (0.5, 0.999)
"""The short training: 100 steps of each network."""
WALK = 25
"""Images of a walk from one z to another."""


class _Generator(nn.Module):
    """tanh(z @ matrix) as images. Writes down the mode in which it is called."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix, self.modes = nn.Parameter(matrix.clone()), []

    def forward(self, z: Tensor) -> Tensor:
        self.modes.append(self.training)
        return (z @ self.matrix).tanh().view(-1, 1, 28, 28)


class _Discriminator(nn.Module):
    """Logits x @ weight + bias. Writes down the mode in which it is called."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight, self.bias, self.modes = nn.Parameter(weight.clone()), nn.Parameter(bias.clone()), []

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append(self.training)
        return x.flatten(1) @ self.weight + self.bias  # (B, 1)


class _Album(nn.Module):
    """A generator that knows one image for each code; in train mode they come out wrong, as if the batch counted."""

    def __init__(self, codes: Tensor, levels: Tensor) -> None:
        super().__init__()
        self.codes, self.images = codes, nn.Parameter(levels / 127.5 - 1)

    def forward(self, z: Tensor) -> Tensor:
        which = (z[:, None] == self.codes).all(2).float().argmax(1)  # (N,)
        return 0.5 * self.images[which].flip(1, 2) if self.training else self.images[which]


class _Table:
    """The two stand-in networks and their optimisers, in train mode."""

    def __init__(self, matrix: Tensor, weight: Tensor, bias: Tensor) -> None:
        self.g, self.d = _Generator(matrix).train(), _Discriminator(weight, bias).train()
        self.opt_g = torch.optim.SGD(self.g.parameters(), RATE_G)
        self.opt_d = torch.optim.SGD(self.d.parameters(), RATE_D)

    def state(self, loss: Tensor | float) -> dict[str, Tensor]:
        """Parameters after the step, the loss that came back, and whether everything ran, and was left, in train mode."""
        modes = [*self.g.modes, *self.d.modes, self.g.training, self.d.training]
        return {
            "matrix": self.g.matrix, "weight": self.d.weight, "bias": self.d.bias,
            "loss": torch.tensor(loss) if isinstance(loss, float) else loss, "train_mode": torch.tensor([float(all(modes))]),
        }  # fmt: skip


def generator(student, codes) -> dict[str, Tensor]:
    net = _shaken(student.Generator(5))
    return {"images": net(codes), "alone": net(codes[ONE])}


def discriminator(student, loud) -> dict[str, Tensor]:
    net = _shaken(student.Discriminator())
    return {"logits": net(loud), "alone": net(loud[ONE])}


def initialised(student) -> dict[str, Tensor]:
    """Layers whose every weight was 5 and every bias 3, after the student's function was applied to them."""
    layers = {
        "convolution": nn.Conv2d(20, 50, 3), "transposed": nn.ConvTranspose2d(50, 20, 3), "linear": nn.Linear(90, 100),
        "without_bias": nn.Conv2d(20, 50, 3, bias=False), "normalisation": nn.BatchNorm2d(9000), "other": nn.PReLU(70),
    }  # fmt: skip
    with torch.no_grad():
        for name, value in nn.ModuleDict(layers).named_parameters():
            value.fill_(3.0 if name.endswith("bias") else 5.0)
    nn.Sequential(nn.Sequential(*layers.values())).apply(student.weights_init)
    return {name: value.clone() for name, value in nn.ModuleDict(layers).named_parameters()}


def discriminator_loss(student, real_logits, fake_logits) -> Tensor:
    return student.d_loss(real_logits, fake_logits)


def discriminator_loss_sure(student, sure_real, sure_fake) -> Tensor:
    return student.d_loss(sure_real, sure_fake)


def discriminator_loss_gradient(student, real_logits, fake_logits, sure_real, sure_fake) -> dict[str, Tensor]:
    """At moderate logits and at sure ones."""
    real, fake = _gradients(student.d_loss, real_logits, fake_logits)
    far_real, far_fake = _gradients(student.d_loss, sure_real, sure_fake)
    return {"real": real, "fake": fake, "sure_real": far_real, "sure_fake": far_fake}


def generator_loss(student, fake_logits) -> Tensor:
    return student.g_loss(fake_logits)


def generator_loss_sure(student, sure_fake) -> Tensor:
    return student.g_loss(sure_fake)


def generator_loss_gradient(student, fake_logits, sure_fake) -> dict[str, Tensor]:
    return {"fake": _gradients(student.g_loss, fake_logits)[0], "sure_fake": _gradients(student.g_loss, sure_fake)[0]}


def discriminator_step(student, matrix, weight, bias, x, z) -> dict[str, Tensor]:
    """One step, beside the gradient of the student's own loss with respect to the logits of x and of G(z)."""
    table = _Table(matrix, weight, bias)
    real, fake = table.d(x).detach(), table.d(table.g(z)).detach()
    own_real, own_fake = _gradients(student.d_loss, real, fake)
    loss = student.d_step(table.g, table.d, table.opt_d, x, z)
    return {**table.state(loss), "own_loss": student.d_loss(real, fake), "own_real": own_real, "own_fake": own_fake}


def generator_step(student, matrix, weight, bias, z) -> dict[str, Tensor]:
    """One step, beside the gradient of the student's own loss with respect to the logits of G(z)."""
    table = _Table(matrix, weight, bias)
    fake = table.d(table.g(z)).detach()
    (own_fake,) = _gradients(student.g_loss, fake)
    loss = student.g_step(table.g, table.d, table.opt_g, z)
    return {**table.state(loss), "own_loss": student.g_loss(fake), "own_fake": own_fake}


def rounds(student, matrix, weight, bias, many_x, many_z) -> dict[str, Tensor]:
    """Several pairs of steps in a row, each with images and noise of its own."""
    table, losses = _Table(matrix, weight, bias), []
    for x, z, other_z in zip(many_x, *many_z, strict=True):
        losses.append(student.d_step(table.g, table.d, table.opt_d, x, z))
        losses.append(student.g_step(table.g, table.d, table.opt_g, other_z))
    state = table.state(losses[-1])
    return {name: state[name] for name in ("matrix", "weight", "bias")}


def prepared(student, pixels) -> Tensor:
    return student.prepare(pixels)


def sampled(student, level_codes, levels) -> dict[str, Tensor]:
    """Images of a generator that was in train mode and of one that was in eval mode, and their modes afterwards."""
    training, evaluating = _Album(level_codes, levels).train(), _Album(level_codes, levels).eval()
    first, second = student.sample(training, level_codes), student.sample(evaluating, level_codes)
    modes = torch.tensor([float(training.training), float(evaluating.training)])
    return {"from_training": first, "from_evaluating": second, "modes": modes}


def samples(student, weights, latents) -> dict[str, Tensor]:
    """Bytes of all images, and seven of them again, alone, as they came."""
    images, few = _asked(_loaded(student, weights), latents)
    return {"images": images, "few": few}


def walks(student, weights, ends) -> dict[str, Tensor]:
    """Straight walks from one z to another, image by image (W, WALK, 28, 28), and the last images once more, alone."""
    net, steps = _loaded(student, weights), torch.linspace(0, 1, WALK)[None, :, None]
    start, end = ends[0, :, None], ends[1, :, None]  # (W, 1, Z), (W, 1, Z)
    with torch.no_grad():
        along = net(torch.lerp(start, end, steps).flatten(0, 1))  # (W * WALK, 1, 28, 28)
        return {"along": along.view(len(start), WALK, 28, 28), "arrived": net(ends[1])}


def trained(student, photos, fresh_latents) -> dict[str, Tensor]:
    """Images after STEPS steps of the student's own functions on the student's own networks."""
    g, d = student.Generator().apply(student.weights_init), student.Discriminator().apply(student.weights_init)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), LEARNING_RATE, BETAS) for net in (g.train(), d.train()))
    for step in range(STEPS):
        x = student.prepare(photos.roll(-step * BATCH, 0)[:BATCH])
        student.d_step(g, d, opt_d, x, torch.randn(BATCH, fresh_latents.shape[1]))
        student.g_step(g, d, opt_g, torch.randn(BATCH, fresh_latents.shape[1]))
    images, few = _asked(g, fresh_latents)
    return {"images": images, "few": few}


def gallery(student, weights, gallery_latents) -> dict[str, Tensor]:
    """Images of fixed noise, and walks between some of them."""
    net, steps = _loaded(student, weights), torch.linspace(0, 1, 10)[None, :, None]
    start, end = gallery_latents[:5, None], gallery_latents[5:10, None]  # (5, 1, Z), (5, 1, Z)
    with torch.no_grad():
        walk = net(torch.lerp(start, end, steps).flatten(0, 1))
        return {"samples": (net(gallery_latents) + 1) / 2, "walk": (walk + 1) / 2}


def _shaken(net: nn.Module) -> nn.Module:
    """The network in eval mode, its weights moved at random: layers that start at zero, or very small, come alive."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return net.eval().requires_grad_(False)


def _loaded(student, weights) -> nn.Module:
    net = student.Generator()
    net.load_state_dict(weights)
    return net.eval()


def _asked(net: nn.Module, z: Tensor) -> tuple[Tensor, Tensor]:
    """G(z) in eval mode as bytes, and seven of the images again, alone, as they came."""
    net.eval()
    with torch.no_grad():
        return torch.cat([_bytes(net(part)) for part in z.split(250)]), net(z[FEW])


def _bytes(images: Tensor) -> Tensor:
    """[-1, 1] to grey levels."""
    return (127.5 * images + 127.5).round().clamp(0, 255).to(torch.uint8)


def _gradients(loss, *logits: Tensor) -> list[Tensor]:
    """d loss / d logits; zeros where the loss does not depend on them."""
    leaves = [each.clone().requires_grad_() for each in logits]
    value = loss(*leaves)
    if not value.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(value, leaves, allow_unused=True)
    return [torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, found, strict=True)]
