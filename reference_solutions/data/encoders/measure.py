"""What is known of an encoder by measurement: accuracy on the held-out part, and how far damaged images are from real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from sources import HELD_OUT, fashion
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from autograder.data import DataSets, Images
from autograder.data.captions import Attributes, all_captions, captioned, parse
from autograder.metrics.encoder import Encoder
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import gaussian
from autograder.metrics.image_text import ImageTextEncoder, zero_shot
from autograder.metrics.similarity import class_accuracy, image_text

COUNT, DRAWS, SEED = 2000, 40, 0


@dataclass(frozen=True, slots=True)
class Parts:
    """Where an encoder learnt, where it is tried, and the images whose features are the reference."""

    train: Images
    test: Images


@lru_cache(maxsize=2)
def parts(name: str) -> Parts:
    if name == "mnist":
        return Parts(DataSets(HELD_OUT).mnist("train"), DataSets(HELD_OUT).mnist("heldout"))
    return Parts(fashion("train"), fashion("t10k"))


def accuracy(encoder: Encoder) -> float:
    test = parts(encoder.name).test
    return class_accuracy(encoder.logits(test.images), test.labels)


def distances(encoder: Encoder) -> Iterator[tuple[str, str]]:
    """(what, FID to the reference): of real images first, mean and sd over draws; the others are one draw each."""
    train = parts(encoder.name).train
    features, reference = encoder.features(train.images), gaussian(encoder.features(parts(encoder.name).test.images))
    generator = torch.Generator().manual_seed(SEED)
    yield "trace of the covariance", f"{reference.variance:.0f}"
    yield f"the {len(features):,} training images", f"{frechet_distance(gaussian(features), reference):.2f}"
    draws = [torch.randperm(len(features), generator=generator)[:COUNT] for _ in range(DRAWS)]
    real = torch.tensor([frechet_distance(gaussian(features[draw]), reference) for draw in draws])
    yield f"{COUNT:,} training images, {DRAWS} draws", f"{real.mean():.2f} ± {real.std():.2f}"
    for what, images in damaged(train, generator):
        found = frechet_distance(gaussian(encoder.features(images)), reference)
        yield what, f"{found:.1f} (z {(found - real.mean()) / real.std():.0f})"


def damaged(train: Images, generator: torch.Generator) -> Iterator[tuple[str, Tensor]]:
    """(damage, 2,000 images uint8)."""
    index = torch.randperm(len(train.images), generator=generator)
    plain = train.images[index[:COUNT]].float()
    for sigma in (0.5, 1.0):
        yield f"blur of {sigma} px", _bytes(gaussian_blur(plain, 9, sigma))
    for sigma in (0.02, 0.05, 0.1):
        yield f"noise of {sigma}", _bytes(plain + 255 * sigma * torch.randn(plain.shape, generator=generator))
    yield "14 px, enlarged", _bytes(F.interpolate(F.interpolate(plain, size=14, mode="area"), size=28, mode="bilinear"))
    yield "moved by 2 px", _bytes(torch.roll(plain, 2, 3))
    yield "mirrored", _bytes(plain.flip(3))
    yield "[-1, 1] cut to [0, 1]", _bytes((plain / 127.5 - 1).clamp(0, 1) * 255)
    yield "without one class", train.images[index[train.labels[index] != 3][:COUNT]]
    yield "one class alone", train.images[index[train.labels[index] == 3]][: COUNT // 4].repeat(4, 1, 1, 1)
    yield "100 images, repeated", _bytes(plain[:100].repeat(COUNT // 100, 1, 1, 1))
    yield "one image, repeated", _bytes(plain[:1].repeat(COUNT, 1, 1, 1))


def _bytes(images: Tensor) -> Tensor:
    return images.round().clamp(0, 255).to(torch.uint8)


def captions(encoder: ImageTextEncoder) -> Iterator[tuple[str, str]]:
    """(what, figure) on the captioned held-out images."""
    held = DataSets(HELD_OUT).fashion_mnist("heldout")
    images, said = captioned(held.images, held.labels, torch.Generator().manual_seed(SEED))
    true, everything = [parse(caption) for caption in said], all_captions()
    best = zero_shot(encoder, images, [[caption] for caption in everything])
    right = sum(everything[int(place)] == caption for place, caption in zip(best, said, strict=True))
    yield "the whole caption, of 160", f"{right / len(said):.1%}"
    for attribute in Attributes.__dataclass_fields__:
        values = sorted({getattr(each, attribute) for each in true})
        groups = [[caption for caption in everything if getattr(parse(caption), attribute) == value] for value in values]
        found = zero_shot(encoder, images, groups)
        share = sum(values[int(place)] == getattr(each, attribute) for place, each in zip(found, true, strict=True)) / len(true)
        yield f"{attribute if attribute != 'name' else 'class'}, of {len(values)}", f"{share:.1%}"
    yield from _cosines(encoder, images, said)


def _cosines(encoder: ImageTextEncoder, images: Tensor, said: list[str]) -> Iterator[tuple[str, str]]:
    embedded = encoder.images(images)

    def shown(texts: list[str]) -> str:
        found = image_text(embedded, encoder.texts(texts))
        return f"{found.mean():.3f} (sd {found.std():.3f})"

    yield "cosine with its own caption", shown(said)
    yield "cosine with the next image's caption", shown(said[1:] + said[:1])
    for attribute in ("bright", "large", "tilted", "framed"):
        yield f"cosine with its own caption, `{attribute}` turned round", shown([flipped(each, attribute) for each in said])


def flipped(caption: str, attribute: str) -> str:
    """The caption with one attribute turned round."""
    true = parse(caption)
    values = {name: getattr(true, name) for name in Attributes.__dataclass_fields__}
    return Attributes(**(values | {attribute: not values[attribute]})).caption
