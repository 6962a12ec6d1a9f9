"""A subject that no model of the course has seen: garments with a chequered pattern, for personalising a text-to-image model.

Neither the embedded images nor the captions know patterns, so a chequered garment can only come from what was learnt later.
"""

from __future__ import annotations

import torch
from torch import Tensor

SQUARE = 7
"""Side of a square, in pixels of the stored image: 4 x 4 squares on the canvas."""
SHADE = 0.3
"""What a dark square leaves of the light."""
SUBJECT = "zwx"
"""The word that stands for the subject in prompts. The tokenizer has it as one token, and no caption of the training had it."""


def chequered(images: Tensor) -> Tensor:
    """(N, 1, 28, 28) uint8 -> the same garments in a chequered cloth; black stays black."""
    place = torch.arange(images.shape[-1]) // SQUARE
    dark = (place.view(-1, 1) + place.view(1, -1)) % 2 == 1  # (28, 28)
    return torch.where(dark, images.float() * SHADE, images.float()).round().to(torch.uint8)
