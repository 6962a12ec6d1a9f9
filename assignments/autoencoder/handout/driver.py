"""What is observed beside the student's code. Judges nothing: returns what the code answered.

TODOs 4 to 6 run on small models of known numbers, so that each is judged for itself.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


# TODO 1 and 2: the networks, freshly made
def encoded(student, images) -> dict[str, Tensor]:
    """Codes of a batch, and of the same images one at a time."""
    encoder = student.Encoder(37).eval()
    with torch.no_grad():
        return {"batch": encoder(images), "singly": torch.cat([encoder(image) for image in images.split(1)])}


def patched(student, images) -> dict[str, Tensor]:
    """Codes of three images, and of the same images with nothing, then each of 16 patches, turned to its negative."""
    encoder = student.Encoder(37).eval()
    three = images[:3]  # (3, 1, 28, 28)
    versions = [three]
    for row in range(0, 28, 7):
        for column in range(0, 28, 7):
            version = three.clone()
            version[:, :, row : row + 7, column : column + 7] = 1 - version[:, :, row : row + 7, column : column + 7]
            versions.append(version)
    with torch.no_grad():
        return {"plain": encoder(three), "patched": torch.stack([encoder(version) for version in versions])}


def decoded(student, latents) -> dict[str, Tensor]:
    """Pictures of usual codes and of the same codes 40 times as far out, as a batch and one at a time."""
    decoder = student.Decoder(5).eval()
    codes = torch.cat([latents, 40 * latents])  # (14, 5)
    with torch.no_grad():
        return {"batch": decoder(codes), "singly": torch.cat([decoder(code) for code in codes.split(1)])}


def nudged(student, latents) -> dict[str, Tensor]:
    """Pictures of three codes, and of the same codes with nothing, then each latent number, moved by 2."""
    decoder = student.Decoder(5).eval()
    three = latents[:3]  # (3, 5)
    steps = torch.cat([torch.zeros(1, 5), 2 * torch.eye(5)])  # (6, 5)
    with torch.no_grad():
        return {"plain": decoder(three), "nudged": torch.stack([decoder(three + step) for step in steps])}


# The two together
def composed(student, images) -> dict[str, Tensor]:
    """model(x), and decode(encode(x)) with the codes handed over in another order."""
    model = student.Autoencoder(9).eval()
    with torch.no_grad():
        whole = model(images)
        staged = model.decode(model.encode(images).flip(0)).flip(0)
    return {"whole": whole, "staged": staged}


def gradients(student, images) -> dict[str, Tensor]:
    """Sum of the entries of each parameter's gradient: image k of the batch counts k-fold, and each image alone."""
    model = student.Autoencoder(9).eval()

    def sums(x: Tensor, weight: Tensor) -> Tensor:
        model.zero_grad()
        ((model(x) - x).square().sum((1, 2, 3)) * weight).sum().backward()
        return torch.tensor([0.0 if p.grad is None else float(p.grad.double().sum()) for p in model.parameters()])

    singly = [sums(image, torch.ones(1)) for image in images.split(1)]
    return {"batch": sums(images, torch.arange(1.0, 8.0)), "singly": torch.stack(singly)}


# TODO 3: the loss
def loss(student, xhat, x) -> Tensor:
    return student.reconstruction_loss(xhat, x)


def odd_losses(student, odd_xhat, odd_x) -> dict[str, Tensor]:
    return {
        "colour": student.reconstruction_loss(odd_xhat, odd_x),
        "single": student.reconstruction_loss(odd_xhat[3:4], odd_x[3:4]),
        "twice": student.reconstruction_loss(torch.cat([odd_xhat, odd_xhat]), torch.cat([odd_x, odd_x])),
    }


def loss_gradient(student, xhat, x) -> Tensor:
    """d loss / d xhat."""
    answer = xhat.clone().requires_grad_()
    student.reconstruction_loss(answer, x).backward()
    return answer.grad


# TODO 4: an epoch on xhat = gain * x + offset, with plain gradient steps
class Gain(nn.Module):
    """z = gain * x. Notes the mode and the mean pixel of everything it is asked to encode."""

    def __init__(self, gain: Tensor) -> None:
        super().__init__()
        self.gain = nn.Parameter(gain.clone())
        self.modes: list[int] = []
        self.means: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append(int(self.training))
        self.means.append(x.detach().mean())
        return x.flatten(1) * self.gain  # (B, HW)


class Offset(nn.Module):
    """xhat = z + offset."""

    def __init__(self, offset: Tensor) -> None:
        super().__init__()
        self.offset = nn.Parameter(offset.clone())

    def forward(self, z: Tensor) -> Tensor:
        return (z + self.offset).view(-1, 1, 3, 5)  # (B, 1, H, W)


class Pair(nn.Module):
    """A model with the interface of Autoencoder, made of two given parts."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


class Descent:
    """Plain gradient descent with the interface of an optimizer (importing torch.optim takes seconds)."""

    def __init__(self, parameters, rate: float) -> None:
        self.parameters, self.rate = list(parameters), rate

    def zero_grad(self, set_to_none: bool = True) -> None:  # noqa: ARG002
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        with torch.no_grad():
            for p in self.parameters:
                if p.grad is not None:
                    p -= self.rate * p.grad


class Adam(Descent):
    """Adam (Kingma & Ba 2015, Algorithm 1)."""

    def __init__(self, parameters, rate: float) -> None:
        super().__init__(parameters, rate)
        self.t = 0
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.v = [torch.zeros_like(p) for p in self.parameters]

    def step(self) -> None:
        self.t += 1
        with torch.no_grad():
            for p, m, v in zip(self.parameters, self.m, self.v, strict=True):
                if p.grad is not None:
                    m.mul_(0.9).add_(p.grad, alpha=0.1)
                    v.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
                    p -= self.rate * (m / (1 - 0.9**self.t)) / ((v / (1 - 0.999**self.t)).sqrt() + 1e-8)


def _epoch(student, small_images, small_labels, gain, offset, rate=0.05) -> tuple[float, Pair]:
    """What train_epoch returns, and the model after it. The loss is given, so that TODO 3 does not matter here."""
    student.reconstruction_loss = lambda xhat, x: (xhat - x).square().sum() / len(x)
    model = Pair(Gain(gain), Offset(offset)).eval()
    loader = DataLoader(TensorDataset(small_images, small_labels), batch_size=7)
    return student.train_epoch(model, loader, Descent(model.parameters(), rate)), model


def epoch_loss(student, small_images, small_labels, gain, offset) -> float:
    """The mean loss, with steps of size 0: what the steps do does not matter here."""
    return _epoch(student, small_images, small_labels, gain, offset, rate=0.0)[0]


def epoch_weights(student, small_images, small_labels, gain, offset) -> dict[str, Tensor]:
    model = _epoch(student, small_images, small_labels, gain, offset)[1]
    return {"gain": model.encoder.gain.detach(), "offset": model.decoder.offset.detach()}


def epoch_calls(student, small_images, small_labels, gain, offset) -> dict[str, Tensor]:
    """Mode (1: training) and mean pixel at each call of the model."""
    encoder = _epoch(student, small_images, small_labels, gain, offset)[1].encoder
    return {"modes": torch.tensor(encoder.modes), "means": torch.stack(encoder.means)}


def learned(student, eight_digits) -> Tensor:
    """Reconstructions of eight digits by a model trained on nothing but these: 400 steps, fewer if it learns fast."""
    model = student.Autoencoder()
    loader = DataLoader(TensorDataset(eight_digits, torch.arange(8)), batch_size=8)
    optimizer = Adam(model.parameters(), 3e-3)
    enough = (eight_digits - eight_digits.mean(0)).square().mean() / 4
    for _ in range(40):
        for _ in range(10):
            student.train_epoch(model, loader, optimizer)
        with torch.no_grad():
            answer = model.eval()(eight_digits)
        if (answer - eight_digits).square().mean() < enough:
            break
    return answer


# TODO 5 and 6: z = tanh(x A), xhat = sigmoid(z C); in training mode the code is another, as it would be with dropout
class ToCode(nn.Module):
    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix = nn.Parameter(matrix.clone())
        self.largest = 0

    def forward(self, x: Tensor) -> Tensor:
        self.largest = max(self.largest, len(x))
        z = torch.tanh(x.flatten(1) @ self.matrix)  # (B, Z)
        return 2 * z if self.training else z


class ToPixels(nn.Module):
    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix = nn.Parameter(matrix.clone())

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(z @ self.matrix).view(-1, 1, 4, 3)  # (B, 1, H, W)


def table(student, table_images, table_labels, to_code, to_pixels) -> dict[str, Tensor]:
    model = Pair(ToCode(to_code), ToPixels(to_pixels)).eval()
    codes, labels = student.latent_table(model, table_images, table_labels, batch_size=5)
    return {"codes": codes, "labels": labels}


def table_cost(student, table_images, table_labels, to_code, to_pixels) -> dict[str, Tensor | int | bool]:
    """Codes by a model that came in training mode, the largest batch it saw, whether the codes carry gradients."""
    model = Pair(ToCode(to_code), ToPixels(to_pixels)).train()
    codes, _ = student.latent_table(model, table_images, table_labels, batch_size=5)
    return {"codes": codes, "largest": model.encoder.largest, "tracked": codes.requires_grad}


def walk(student, ends, to_code, to_pixels) -> Tensor:
    model = Pair(ToCode(to_code), ToPixels(to_pixels)).eval()
    return student.interpolate(model, ends[0], ends[1], 6)


def walk_elsewhere(student, ends, to_code, to_pixels) -> dict[str, Tensor | bool]:
    """Two and eleven pictures by a model that came in training mode, and whether they carry gradients."""
    model = Pair(ToCode(to_code), ToPixels(to_pixels)).train()
    two = student.interpolate(model, ends[0], ends[1], 2)
    eleven = student.interpolate(model.train(), ends[0], ends[1], 11)
    return {"two": two, "eleven": eleven, "tracked": two.requires_grad or eleven.requires_grad}


# The trained model
def _trained(student, weights):
    model = student.Autoencoder()
    model.load_state_dict(weights)
    return model.eval()


def _through(student, weights, digits) -> Tensor:
    """Encoded together, decoded in another order."""
    model = _trained(student, weights)
    with torch.no_grad():
        return model.decode(model.encode(digits).flip(0)).flip(0)


def train_reconstructions(student, weights, train_digits) -> Tensor:
    return _through(student, weights, train_digits)


def heldout_reconstructions(student, weights, heldout_digits) -> Tensor:
    return _through(student, weights, heldout_digits)


def heldout_codes(student, weights, scored_digits) -> Tensor:
    model = _trained(student, weights)
    with torch.no_grad():
        return model.encode(scored_digits)


def picture_reconstructions(student, weights, one_of_each) -> Tensor:
    return _through(student, weights, one_of_each)


def picture_codes(student, weights, map_digits) -> dict[str, Tensor]:
    """latent_table with the number of each digit in place of its label: the colours are put on outside."""
    codes, numbers = student.latent_table(_trained(student, weights), map_digits, torch.arange(len(map_digits)))
    return {"codes": codes, "numbers": numbers}


def picture_walks(student, weights, one_of_each) -> Tensor:
    """Twelve steps each from 0 to 6, 1 to 7, 3 to 8 and 4 to 9."""
    model = _trained(student, weights)
    pairs = [(0, 6), (1, 7), (3, 8), (4, 9)]
    return torch.cat([student.interpolate(model, one_of_each[a], one_of_each[b], 12) for a, b in pairs])
