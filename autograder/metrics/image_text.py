"""An image-text encoder that ships: what CLIP is to photographs, for the 160 captions of `autograder.data.captions`.

Two small towers and one space of 64 dimensions, trained with CLIP's symmetric loss (Radford et al. 2021, arXiv:2103.00020). It
says whether an image shows what its caption says, not whether it is a good image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.data.captions import all_captions, parse
from autograder.errors import MetricError
from autograder.metrics.embedded import PIXELS, WEIGHTS, expect_digest, filled, read_weights
from autograder.metrics.encoder import BATCH, Frozen, digest_of
from autograder.metrics.preprocess import Preprocess

DIGEST = "e642f5666fc1c6a4626a473b94fe587f9b6c85fc93960d20375774b1a3946f54"
"""ImageText.digest of the file that ships."""
VOCABULARY = tuple(sorted({word for caption in all_captions() for word in caption.lower().split()}))
_PLACE = {word: place for place, word in enumerate(VOCABULARY)}


class ImageTextEncoder(Protocol):
    """What checks use; `image_text()` here and `clip()` of the full profile have it."""

    name: str
    digest: str

    def images(self, images: Tensor) -> Tensor:
        """(N, C, H, W) uint8 -> (N, D) of unit norm, on the CPU."""

    def texts(self, texts: Sequence[str]) -> Tensor:
        """N captions -> (N, D) of unit norm, on the CPU."""


class Towers(nn.Module):
    """Pixels or words -> a point of the common space, not yet of unit norm."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Sequential(
            nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.GELU(),  # (N, 32, 14, 14)
            nn.Conv2d(32, 64, 3, padding=1), nn.GELU(), nn.MaxPool2d(2),  # (N, 64, 7, 7)
            nn.Conv2d(64, 64, 3, stride=2, padding=1), nn.GELU(),  # (N, 64, 4, 4)
            nn.Flatten(), nn.Linear(1024, 96), nn.GELU(), nn.Linear(96, 64),
        )  # fmt: skip
        self.text = nn.Sequential(nn.Linear(len(VOCABULARY), 128), nn.GELU(), nn.Linear(128, 64))
        self.scale = nn.Parameter(torch.tensor(10.0))
        """Inverse temperature of the loss."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Image embeddings (N, 64), and their cosines with the 160 captions, times the scale, as logits."""
        images = F.normalize(self.image(pixels.to(self.scale.dtype)), dim=1)
        return images, self.scale * images @ self.of_words(words(all_captions())).T

    def of_words(self, present: Tensor) -> Tensor:
        """Words (N, V) -> text embeddings (N, 64)."""
        return F.normalize(self.text(present.to(self.scale)), dim=1)


@dataclass(frozen=True)
class ImageText:
    """The two towers, frozen, in float64; embeddings are rounded to float32."""

    name: str
    net: Frozen
    digest: str
    preprocess: Preprocess = PIXELS
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def images(self, images: Tensor, batch: int = BATCH) -> Tensor:
        """(N, 1, 28, 28) uint8 -> (N, 64) of unit norm."""
        return torch.cat([self._embedded(part) for part in torch.split(images, batch)])

    def texts(self, texts: Sequence[str]) -> Tensor:
        """N captions of the grammar -> (N, 64) of unit norm; MetricError for a word it never learnt."""
        towers = self.net.net
        assert isinstance(towers, Towers)
        with torch.inference_mode():
            return towers.of_words(words(texts)).float().cpu().clone()

    def _embedded(self, images: Tensor) -> Tensor:
        with torch.inference_mode():
            found: Tensor = self.net(self.preprocess(images).to(self.device))[0]
            return found.float().cpu().clone()


def words(texts: Sequence[str]) -> Tensor:
    """(N, V): which words of the vocabulary each caption has. Their order carries nothing in this grammar."""
    present = torch.zeros(len(texts), len(VOCABULARY))
    for row, text in enumerate(texts):
        found = text.lower().split()
        if unknown := [word for word in found if word not in _PLACE]:
            raise MetricError(
                f"caption {text!r}: the image-text encoder does not know {', '.join(map(repr, unknown))}",
                hint=f"it knows {', '.join(VOCABULARY)}",
            )
        parse(text)  # known words in another sentence have an embedding that means nothing
        present[row, [_PLACE[word] for word in found]] = 1
    return present


@lru_cache(maxsize=2)
def image_text(device: str = "cpu") -> ImageText:
    """The encoder that ships; DataError when its file is missing or is not the one that was published."""
    path = WEIGHTS / "image_text.safetensors"
    found = image_text_from(read_weights(path), device)
    expect_digest(path, found.digest, DIGEST)
    return found


def image_text_from(weights: Mapping[str, Tensor], device: str = "cpu") -> ImageText:
    """The encoder with the weights given; the vocabulary's order is part of its digest."""
    digest = digest_of(f"image_text {' '.join(VOCABULARY)}", PIXELS, weights)
    net = Frozen(filled(Towers(), weights, "image_text").double().to(device))
    return ImageText("image_text", net, digest, device=torch.device(device))


def zero_shot(encoder: ImageTextEncoder, images: Tensor, groups: Sequence[Sequence[str]]) -> Tensor:
    """(N,): for each image the group that has the nearest caption.

    Not the group whose mean caption is nearest, as with CLIP's templates: the mean of 80 captions says little of the one word
    that they share, and `large` came out right for 60 % of the images instead of all.
    """
    everything = [caption for group in groups for caption in group]
    cosines = encoder.images(images) @ encoder.texts(everything).T  # (N, all captions)
    nearest = [part.max(1).values for part in torch.split(cosines, [len(group) for group in groups], 1)]
    return torch.stack(nearest, 1).argmax(1)
