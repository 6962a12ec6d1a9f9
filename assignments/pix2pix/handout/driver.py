"""What is observed inside, beside the student's code. Calls it, returns what came; judges nothing.

Where the architecture is free, an answer comes back beside a second one that it has to agree with, or to differ from: CHANGED
rows of a batch get other edges, another photo, or the inside of another image, and the other rows do not. Losses and steps are
observed on stand-in networks whose every answer is known outside.
"""

import copy

import torch
from torch import Tensor, nn

CHANGED = 4
"""Rows at the beginning of a batch of 7 that are changed; the rest has to stay as it was."""
ONE, FEW = slice(2, 3), slice(3, 10)
"""Rows that are computed a second time, alone: in eval mode every image has to be treated on its own."""
RATE_D, RATE_G = 0.02, 0.5
"""Learning rates of plain gradient descent on the stand-ins: a step is then the gradient itself."""
BATCH, LEARNING_RATE, BETAS = 16, 2e-3, (0.5, 0.999)
"""The short training: once over the lesson, 60 steps of each network."""


class _Generator(nn.Module):
    """tanh(edges * gain + shift). Writes down the mode in which it is called."""

    def __init__(self, gain: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.gain, self.shift, self.modes = nn.Parameter(gain.clone()), nn.Parameter(shift.clone()), []

    def forward(self, edges: Tensor) -> Tensor:
        self.modes.append(self.training)
        return (edges * self.gain + self.shift).tanh()  # (B, 1, 28, 28)


class _Discriminator(nn.Module):
    """A map of 3 x 2 logits, linear in edges and photo. Writes down the mode in which it is called."""

    def __init__(self, by_edges: Tensor, by_photo: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.by_edges, self.by_photo, self.bias = (nn.Parameter(each.clone()) for each in (by_edges, by_photo, bias))
        self.modes = []

    def forward(self, edges: Tensor, photo: Tensor) -> Tensor:
        self.modes.append(self.training)
        return (edges.flatten(1) @ self.by_edges + photo.flatten(1) @ self.by_photo + self.bias).view(-1, 1, 3, 2)


class _Table:
    """The two stand-in networks and their optimisers, in train mode."""

    def __init__(self, g: nn.Module, d: nn.Module) -> None:
        self.g, self.d = g.train(), d.train()
        self.opt_g = torch.optim.SGD(self.g.parameters(), RATE_G)
        self.opt_d = torch.optim.SGD(self.d.parameters(), RATE_D)

    def parameters(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for net in (self.g, self.d) for name, value in net.named_parameters()}

    def state(self, loss: Tensor | float) -> dict[str, Tensor]:
        """Parameters after the step, the loss that came back, and whether everything ran, and was left, in train mode."""
        modes = [*self.g.modes, *self.d.modes, self.g.training, self.d.training]
        value = torch.tensor(loss) if isinstance(loss, float) else loss
        return {**self.parameters(), "loss": value, "train_mode": torch.tensor([float(all(modes))])}

    def anew(self) -> "_Table":
        """The same networks without any gradient in them, and new optimisers."""
        g, d = copy.deepcopy(self.g), copy.deepcopy(self.d)
        g.zero_grad(set_to_none=True)
        d.zero_grad(set_to_none=True)
        return _Table(g, d)


def generator(student, loud_edges) -> dict[str, Tensor]:
    net = _shaken(student.UNet())
    return {"photos": net(loud_edges), "alone": net(loud_edges[ONE])}


def skips(student, drawings, other_drawings) -> dict[str, Tensor]:
    """Photos of `drawings`, and photos of the same, where one place inside gives, for CHANGED rows, what `other_drawings` give.

    patched: (stages, 7, 1, 28, 28), one stage of `down` after the other; below: (7, 1, 28, 28), the bottom. Every other stage of
    `down`, and the bottom, gives what it gives for `drawings`: only the skip connection can carry the change.
    """
    net = _shaken(student.UNet())
    places = [*net.down, net.bottom]
    own, others = _recorded(net, places, drawings), _recorded(net, places, other_drawings)
    mixed = [torch.cat([there[:CHANGED], here[CHANGED:]]) for here, there in zip(own, others, strict=True)]
    results = []
    for i in range(len(places)):
        fixed = [mixed[k] if k == i else own[k] for k in range(len(places))]
        results.append(_patched(net, places, fixed, drawings))
    return {"plain": net(drawings), "patched": torch.stack(results[:-1]), "below": results[-1]}


def discriminator(student, loud_edges, loud_photo) -> dict[str, Tensor]:
    net = _shaken(student.PatchDiscriminator())
    return {"logits": net(loud_edges, loud_photo), "alone": net(loud_edges[ONE], loud_photo[ONE])}


def pairs(student, drawings, other_drawings, photo, other_photo) -> dict[str, Tensor]:
    """Logits of pairs; the same with other edges, and with other photos, in CHANGED rows."""
    net = _shaken(student.PatchDiscriminator())
    mixed_edges = torch.cat([other_drawings[:CHANGED], drawings[CHANGED:]])
    mixed_photo = torch.cat([other_photo[:CHANGED], photo[CHANGED:]])
    return {"logits": net(drawings, photo), "other_edges": net(mixed_edges, photo), "other_photo": net(drawings, mixed_photo)}


def patches(student, drawings, photo) -> dict[str, Tensor]:
    """Where the first and the last logit of the map look: |gradient| by edges and by photo (28, 28), mean of the batch."""
    net, leaves = _shaken(student.PatchDiscriminator()), [each.clone().requires_grad_() for each in (drawings, photo)]
    logits = net(*leaves)
    found = {}
    for name, place in (("first", 0), ("last", -1)):
        gradients = torch.autograd.grad(logits[:, 0, place, place].sum(), leaves, retain_graph=True, allow_unused=True)
        for kind, gradient in zip(("edges", "photo"), gradients, strict=True):
            found[f"{name}_{kind}"] = torch.zeros(28, 28) if gradient is None else gradient.abs().mean((0, 1))
    return found


def fields(student, layouts) -> list[int]:
    """For each row its first layers, as many as its number."""
    return [student.receptive_field([tuple(layer) for layer in row[:i].tolist()]) for i, row in enumerate(layouts)]


def mirrored(student, tall_edges, tall_photo, flip) -> dict[str, Tensor]:
    edges, photo = student.mirror(tall_edges, tall_photo, flip)
    return {"edges": edges, "photo": photo}


def drawn_mirrors(student, many_edges, many_photos) -> dict[str, Tensor]:
    """Two calls without decisions."""
    edges, photos = student.mirror(many_edges, many_photos)
    again, photos_again = student.mirror(many_edges, many_photos)
    return {"edges": edges, "photos": photos, "edges_again": again, "photos_again": photos_again}


def discriminator_loss(student, real_logits, fake_logits) -> Tensor:
    return student.d_loss(real_logits, fake_logits)


def discriminator_loss_sure(student, sure_real, sure_fake) -> Tensor:
    return student.d_loss(sure_real, sure_fake)


def discriminator_loss_gradient(student, real_logits, fake_logits, sure_real, sure_fake) -> dict[str, Tensor]:
    """At moderate logits and at sure ones."""
    real, fake = _gradients(student.d_loss, real_logits, fake_logits)
    far_real, far_fake = _gradients(student.d_loss, sure_real, sure_fake)
    return {"real": real, "fake": fake, "sure_real": far_real, "sure_fake": far_fake}


def generator_loss(student, fake_logits, painted, photo, weight) -> dict[str, Tensor]:
    """With a weight, and with weight 0."""
    whole, without = (student.g_loss(fake_logits, painted, photo, each) for each in (weight.item(), 0.0))
    return {"whole": whole, "without_l1": without}


def generator_loss_gradient(student, fake_logits, sure_fake, painted, photo, weight) -> dict[str, Tensor]:
    """With respect to logits, moderate and sure, and to the generated photo."""

    def loss(logits, fake):
        return student.g_loss(logits, fake, photo, weight.item())

    logits, fake = _gradients(loss, fake_logits, painted)
    return {"logits": logits, "fake": fake, "sure_logits": _gradients(loss, sure_fake, painted)[0]}


def discriminator_step(student, gain, shift, by_edges, by_photo, bias, drawings, photo) -> dict[str, Tensor]:
    """One step, beside the gradient of the student's own loss with respect to the logits of both kinds of pairs."""
    table = _Table(_Generator(gain, shift), _Discriminator(by_edges, by_photo, bias))
    real, fake = table.d(drawings, photo).detach(), table.d(drawings, table.g(drawings)).detach()
    own_real, own_fake = _gradients(student.d_loss, real, fake)
    loss = student.d_step(table.g, table.d, table.opt_d, drawings, photo)
    return {**table.state(loss), "own_loss": student.d_loss(real, fake), "own_real": own_real, "own_fake": own_fake}


def generator_step(student, gain, shift, by_edges, by_photo, bias, drawings, photo) -> dict[str, Tensor]:
    """One step, beside the gradients of the student's own loss with respect to the logits, and to the photo, of G."""
    table = _Table(_Generator(gain, shift), _Discriminator(by_edges, by_photo, bias))
    fake = table.g(drawings).detach()
    logits = table.d(drawings, fake).detach()
    own_logits, own_fake = _gradients(lambda a, b: student.g_loss(a, b, photo), logits, fake)
    loss = student.g_step(table.g, table.d, table.opt_g, drawings, photo)
    own_loss = student.g_loss(logits, fake, photo)
    return {**table.state(loss), "own_loss": own_loss, "own_logits": own_logits, "own_fake": own_fake}


def rounds(student, gain, shift, by_edges, by_photo, bias, many_drawings, many_far_photos) -> dict[str, dict[str, Tensor]]:
    """Several pairs of steps in a row: `together` on the same networks, `apart` each on networks without old gradients."""
    together = _Table(_Generator(gain, shift), _Discriminator(by_edges, by_photo, bias))
    apart = together.anew()
    for edges, photo in zip(many_drawings, many_far_photos, strict=True):
        student.d_step(together.g, together.d, together.opt_d, edges, photo)
        student.g_step(together.g, together.d, together.opt_g, edges, photo)
        student.d_step(apart.g, apart.d, apart.opt_d, edges, photo)
        apart = apart.anew()
        student.g_step(apart.g, apart.d, apart.opt_g, edges, photo)
        apart = apart.anew()
    return {"together": together.parameters(), "apart": apart.parameters()}


def trained(student, lesson, exam_edges) -> dict[str, Tensor]:
    """Photos after one pass over the lesson with the student's own functions on the student's own networks."""
    g, d = student.UNet().train(), student.PatchDiscriminator().train()
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), LEARNING_RATE, BETAS) for net in (g, d))
    for part in lesson.split(BATCH):
        edges, photo = student.mirror(student.edge_map(part), student.to_photo(part))
        student.d_step(g, d, opt_d, edges, photo)
        student.g_step(g, d, opt_g, edges, photo)
    return _asked(g, exam_edges)


def shown(student, weights, shown_edges) -> dict[str, Tensor]:
    """Photos for the edges of training images."""
    return _asked(_loaded(student, weights), shown_edges)


def translated(student, weights, heldout_edges) -> dict[str, Tensor]:
    """Photos for the edges of images that nobody trained on."""
    return _asked(_loaded(student, weights), heldout_edges)


def gallery(student, weights, gallery_edges) -> Tensor:
    """Photos for the edges of two training images of each class, in [0, 1]."""
    with torch.no_grad():
        return (_loaded(student, weights)(gallery_edges) + 1) / 2


def heldout_gallery(student, weights, heldout_gallery_edges) -> Tensor:
    """Photos for edges of held-out images, in [0, 1]."""
    with torch.no_grad():
        return (_loaded(student, weights)(heldout_gallery_edges) + 1) / 2


def _shaken(net: nn.Module) -> nn.Module:
    """The network in eval mode, its weights moved at random: layers that start at zero, or very small, come alive."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return net.eval().requires_grad_(False)


def _recorded(net: nn.Module, places: list[nn.Module], edges: Tensor) -> list[Tensor]:
    """What these parts of the network give on the way."""
    found: dict[int, Tensor] = {}
    hooks = [place.register_forward_hook(lambda _, __, out, i=i: found.update({i: out})) for i, place in enumerate(places)]
    net(edges)
    for hook in hooks:
        hook.remove()
    return [found[i] for i in range(len(places))]


def _patched(net: nn.Module, places: list[nn.Module], fixed: list[Tensor], edges: Tensor) -> Tensor:
    """The network's answer when these parts give these values, whatever comes in."""
    pairs_of = zip(places, fixed, strict=True)
    hooks = [place.register_forward_hook(lambda _, __, ___, value=value: value) for place, value in pairs_of]
    answer = net(edges)
    for hook in hooks:
        hook.remove()
    return answer


def _loaded(student, weights) -> nn.Module:
    net = student.UNet()
    net.load_state_dict(weights)
    return net.eval()


def _asked(net: nn.Module, edges: Tensor) -> dict[str, Tensor]:
    """Photos in eval mode as bytes, and seven of them again, alone, as they came."""
    net.eval()
    with torch.no_grad():
        photos = torch.cat([net(part) for part in edges.split(100)])
        return {"photos": (127.5 * photos + 127.5).round().clamp(0, 255).to(torch.uint8), "few": net(edges[FEW])}


def _gradients(loss, *values: Tensor) -> list[Tensor]:
    """d loss / d values; zeros where the loss does not depend on them."""
    leaves = [each.clone().requires_grad_() for each in values]
    value = loss(*leaves)
    if not value.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(value, leaves, allow_unused=True)
    return [torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, found, strict=True)]
