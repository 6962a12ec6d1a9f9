"""Train one of the encoders that images are judged by, on one core.

    apt-get install dataset-fashion-mnist
    python reference_solutions/data/encoders/train.py fashion_mnist             # ships; about 40 s
    python reference_solutions/data/encoders/train.py mnist                     # ships; about 40 s
    python reference_solutions/data/encoders/train.py fashion_mnist_second      # the judge's alone; about 2 min
    python reference_solutions/data/encoders/train.py image_text                # ships; about 8 min

Then `python reference_solutions/data/encoders/cards.py` prints the digests to be pinned and writes the cards, and
`python reference_solutions/data/statistics/make.py` the reference statistics: another machine gives other last digits, hence
other weights, hence another digest; everything measured with the old ones is then out of date.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sources import HELD_OUT, augmented, fashion
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from autograder.data import DataSets
from autograder.data.captions import all_captions, captioned
from autograder.metrics.embedded import ARCHITECTURES, WEIGHTS
from autograder.metrics.image_text import Towers

BATCH = 128
Batches = Callable[[torch.Generator], Iterator[tuple[Tensor, Tensor]]]
"""Generator -> one epoch of (images uint8, target int64)."""
Change = Callable[[Tensor, torch.Generator], Tensor]
"""Augmentation of uint8 images."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one encoder comes about. Nothing was chosen by the held-out part: the number of epochs is fixed beforehand."""

    path: Path
    data: str
    batches: Batches
    seed: int
    epochs: int
    rate: float
    decay: float = 0.05


def batches(images: Tensor, target: Tensor, change: Change = lambda images, _: images) -> Batches:
    """Shuffled."""

    def epoch(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        for index in torch.randperm(len(images), generator=generator).split(BATCH):
            if len(index) == BATCH:
                yield change(images[index], generator), target[index]

    return epoch


def captions(images: Tensor, labels: Tensor) -> Batches:
    """Every image gets another look and another caption in each epoch; the target is the caption's number."""
    number = {caption: place for place, caption in enumerate(all_captions())}

    def epoch(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        for index in torch.randperm(len(images), generator=generator).split(2 * BATCH):
            made, said = captioned(images[index], labels[index], generator)
            yield made, torch.tensor([number[caption] for caption in said])

    return epoch


def recipe(name: str) -> Recipe:
    if name == "mnist":
        digits = DataSets(HELD_OUT).mnist("train")
        data = "the 8,000 digits that ship, turned up to 10 degrees, zoomed up to 10 %, moved up to 2 pixels"
        return Recipe(WEIGHTS, data, batches(digits.images, digits.labels, augmented), seed=0, epochs=25, rate=4e-3)
    garments = fashion("train")
    data = "all 60,000 training images of Fashion-MNIST"
    if name == "image_text":
        return Recipe(WEIGHTS, f"{data}, captioned anew in each epoch", captions(garments.images, garments.labels), 0, 12, 4e-3)
    plain = batches(garments.images, garments.labels)
    if name == "fashion_mnist":
        return Recipe(WEIGHTS, data, plain, seed=0, epochs=5, rate=4e-3)
    return Recipe(HELD_OUT / "encoders", data, plain, seed=11, epochs=4, rate=2e-3)


def normed(stack: nn.Sequential) -> nn.Sequential:
    """With batch normalisation after each convolution, for training."""
    layers: list[nn.Module] = []
    for layer in stack:
        layers += [layer, nn.BatchNorm2d(layer.out_channels)] if isinstance(layer, nn.Conv2d) else [layer]
    return nn.Sequential(*layers)


def folded(stack: nn.Sequential) -> nn.Sequential:
    """Batch normalisation folded into the convolution before it: what is shipped has none."""
    layers: list[nn.Module] = []
    for layer in stack.eval():
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers)


def caption_loss(logits: Tensor, target: Tensor) -> Tensor:
    """CLIP's symmetric loss; the texts of a batch are the whole grammar, and images of one caption share its probability."""
    match = F.one_hot(target, logits.shape[1]).float()  # (B, 160)
    match = match[:, said := match.sum(0) > 0]
    to_image = -(match * logits[:, said].log_softmax(0)).sum(0) / match.sum(0)
    return (F.cross_entropy(logits, target) + to_image.mean()) / 2


def fit(net: nn.Module, plan: Recipe, loss_of: Callable[[Tensor, Tensor], Tensor]) -> None:
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser = torch.optim.AdamW(net.parameters(), plan.rate, weight_decay=plan.decay)
    steps = plan.epochs * sum(1 for _ in plan.batches(torch.Generator().manual_seed(0)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, steps)
    for epoch in range(plan.epochs):
        total = count = 0
        for images, target in plan.batches(generator):
            loss = loss_of(net(images.float() / 255)[1], target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
        print(f"epoch {epoch + 1}/{plan.epochs}: loss {total / count:.4f}", flush=True)


def train(name: str) -> Path:
    torch.set_num_threads(1)
    plan, start = recipe(name), time.process_time()
    torch.manual_seed(plan.seed)
    net, part = (Towers(), "image") if name == "image_text" else (ARCHITECTURES[name](), "body")
    setattr(net, part, normed(getattr(net, part)))
    fit(net, plan, caption_loss if name == "image_text" else F.cross_entropy)
    setattr(net, part, folded(getattr(net, part)))
    how = {"data": plan.data, "seed": plan.seed, "epochs": plan.epochs, "cpu_seconds": round(time.process_time() - start)}
    plan.path.mkdir(exist_ok=True)
    path = plan.path / f"{name}.safetensors"
    weights = {key: value.detach().contiguous() for key, value in net.state_dict().items()}
    save_file(weights, path, {key: str(value) for key, value in how.items()})
    path.chmod(0o644)  # the library leaves it readable by its owner alone
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*ARCHITECTURES, "image_text"])
    print(f"saved {train(parser.parse_args().name)}")
