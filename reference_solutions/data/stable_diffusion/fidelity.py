"""Whether samples show what their prompts say: by pixels, by a classifier, by the image-text encoder, as of real images."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.data import Images
from autograder.data.captions import BRIGHT, DARK, LARGE, MARGIN, NAMES, Attributes, all_captions, measured, parse, rendered
from autograder.data.stable_diffusion import as_stored
from autograder.metrics.embedded import embedded
from autograder.metrics.image_text import image_text, zero_shot
from autograder.metrics.similarity import class_accuracy
from autograder.metrics.similarity import image_text as cosines

STEPS, GUIDANCE, BATCH = 20, 3.0, 80
Figures = Iterator[tuple[str, float]]


def samples(pipe: Any, captions: list[str], seed: int, steps: int = STEPS, guidance: float = GUIDANCE) -> tuple[Tensor, float]:
    """One image a caption, (N, 1, 28, 28) uint8, and CPU seconds an image."""
    generator, made, began = torch.Generator().manual_seed(seed), [], time.process_time()
    for start in range(0, len(captions), BATCH):
        said = captions[start : start + BATCH]
        made.append(pipe(said, num_inference_steps=steps, guidance_scale=guidance, generator=generator, output_type="pt").images)
    return as_stored(torch.cat(made)), (time.process_time() - began) / len(captions)


def real(found: Images, captions: list[str], seed: int) -> Tensor:
    """Real images that show the captions: what every figure is compared with."""
    generator = torch.Generator().manual_seed(seed)
    wanted = [parse(each) for each in captions]
    chosen = [_one_of(found.labels, NAMES.index(each.name), generator) for each in wanted]
    flags = torch.tensor([[each.bright, each.large, each.tilted, each.framed] for each in wanted])
    return rendered(found.images[torch.tensor(chosen)], flags, generator)


def _one_of(labels: Tensor, label: int, generator: torch.Generator) -> int:
    place = (labels == label).nonzero().flatten()
    return int(place[torch.randint(len(place), (1,), generator=generator)])


def figures(images: Tensor, captions: list[str]) -> Figures:
    """(what, share or mean) of images (N, 1, 28, 28) uint8 that were made for these captions."""
    encoder, everything, true = image_text(), all_captions(), [parse(each) for each in captions]
    yield "whole caption, nearest of 160", _share(zero_shot(encoder, images, [[e] for e in everything]), captions, everything)
    for attribute in Attributes.__dataclass_fields__:
        values = list(NAMES) if attribute == "name" else [False, True]
        groups = [[each for each in everything if getattr(parse(each), attribute) == value] for value in values]
        found = zero_shot(encoder, images, groups)
        yield f"{_title(attribute)}, by the encoder", _share(found, [getattr(each, attribute) for each in true], values)
    for attribute, seen in measured(images).items():
        yield f"{attribute}, by pixels", _share(seen.long(), [getattr(each, attribute) for each in true], [False, True])
    yield "class, by the classifier (large, upright)", classifier(images, true)
    yield "cosine with the caption", float(cosines(encoder.images(images), encoder.texts(captions)).mean())


def _title(attribute: str) -> str:
    return "class" if attribute == "name" else attribute


def _share(found: Tensor, wanted: list[Any], values: list[Any]) -> float:
    return sum(values[int(place)] == value for place, value in zip(found, wanted, strict=True)) / len(wanted)


def classifier(images: Tensor, true: list[Attributes]) -> float:
    """Share of the large, upright images whose class the embedded classifier sees: it knows no others."""
    chosen = [place for place, each in enumerate(true) if each.large and not each.tilted]
    labels = torch.tensor([NAMES.index(true[place].name) for place in chosen])
    bright = torch.tensor([true[place].bright for place in chosen])
    return class_accuracy(embedded("fashion_mnist").logits(undressed(images[chosen], bright)), labels)


def undressed(images: Tensor, bright: Tensor) -> Tensor:
    """Large images without frame, of the data set's own size and a bright one's grey level, as the classifier knows them."""
    inner = torch.zeros_like(images, dtype=torch.float32)
    inner[..., MARGIN:-MARGIN, MARGIN:-MARGIN] = images[..., MARGIN:-MARGIN, MARGIN:-MARGIN].float()
    zoom = sum(LARGE) / 2
    affine = torch.tensor([[zoom, 0, 0], [0, zoom, 0]]).expand(len(images), 2, 3)
    larger = F.grid_sample(inner, F.affine_grid(affine, list(images.shape), align_corners=False), align_corners=False)
    gain = torch.where(bright, 1.0, sum(BRIGHT) / sum(DARK))
    return (larger * gain.view(-1, 1, 1, 1)).clamp(0, 255).round().to(torch.uint8)
