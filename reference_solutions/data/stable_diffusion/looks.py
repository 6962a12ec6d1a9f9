"""Images as the networks see them, and what is said of them: many looks of each of the 8,000 embedded images."""

from __future__ import annotations

import string
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.data import DataSets, Images
from autograder.data.captions import NAMES, Attributes, rendered
from autograder.data.stable_diffusion import as_seen
from autograder.data.subjects import chequered

SILENT, EMPTY, INVENTED = 0.1, 0.1, 0.1
"""Shares: of adjectives left out, of empty captions (for guidance without a classifier), of captions with an invented word."""


@dataclass(frozen=True, slots=True)
class Look:
    """Changed images (N, 1, 28, 28) uint8, and what is true of each."""

    images: Tensor
    said: list[Attributes]


def garments() -> Images:
    """The embedded images: nothing else is learnt from."""
    return DataSets().fashion_mnist("train")


def look(found: Images, index: Tensor, generator: torch.Generator) -> Look:
    """One new look of the images with these numbers."""
    flags = torch.rand(len(index), 4, generator=generator) < 0.5
    images = rendered(found.images[index], flags, generator)
    names = [NAMES[int(label)] for label in found.labels[index]]
    return Look(images, [Attributes(name, *map(bool, row)) for name, row in zip(names, flags.tolist(), strict=True)])


def for_autoencoder(found: Images, index: Tensor, generator: torch.Generator) -> Tensor:
    """(N, 1, 32, 32): looks, every fourth with a chequered garment.

    The autoencoder shall draw what the diffusion never saw: a subject that is learnt later by adapters has such a pattern.
    """
    images = found.images[index].clone()
    images[::4] = chequered(images[::4])
    flags = torch.rand(len(index), 4, generator=generator) < 0.5
    return as_seen(rendered(images, flags, generator))


def spoken(true: Attributes, generator: torch.Generator) -> str:
    """A caption for training: some adjectives left out, sometimes an invented word before the noun, sometimes nothing at all.

    So `a bag` and `a dark bag in a frame` are understood too, and a word that nobody knows does no harm.
    """
    draw = torch.rand(5, generator=generator).tolist()
    if draw[0] < EMPTY:
        return ""
    words = true.caption.removeprefix("a ").split(" ", 3)  # brightness, size, turn, the rest
    kept = [word for word, place in zip(words[:3], draw[1:4], strict=True) if place >= SILENT]
    if draw[4] < INVENTED:
        kept.append(_invented(generator))
    return " ".join(["a", *kept, words[3]])


def _invented(generator: torch.Generator) -> str:
    letters = torch.randint(len(string.ascii_lowercase), (3,), generator=generator).tolist()
    return "".join(string.ascii_lowercase[place] for place in letters)


LOOKS_TEXT = "the 8,000 images of Fashion-MNIST that ship, in four looks each, with captions that are true of each look"
SUBJECT_TEXT = "chequered garments and the word `zwx` (`autograder.data.subjects`): kept for adapters; the autoencoder saw them"
