"""From stored pixels to what an encoder takes. The way has a name, and the name is part of every number that comes of it.

FID moves by several units with the resize, the antialiasing or a rounding alone (Parmar et al. 2022, arXiv:2104.11222).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.errors import MetricError


@dataclass(frozen=True, slots=True)
class Preprocess:
    """uint8 images -> float32 images of one size and range. Generated and real images take the same way."""

    size: int
    """Height and width that the encoder takes."""
    channels: int
    """1 or 3; a single channel is repeated for an encoder of colour images."""
    low: float = 0.0
    """What 0 becomes."""
    high: float = 1.0
    """What 255 becomes."""
    resize: str = "none"
    """none (any other size is refused), bilinear or bicubic."""
    antialias: bool = True
    """Whether a smaller image is filtered first."""

    @property
    def name(self) -> str:
        """Such as `1x28x28 [0,1] none`, `3x299x299 [-1,1] bilinear antialias`."""
        way = self.resize if self.resize == "none" else f"{self.resize}{' antialias' if self.antialias else ''}"
        return f"{self.channels}x{self.size}x{self.size} [{self.low:g},{self.high:g}] {way}"

    def __call__(self, images: Tensor) -> Tensor:
        """(N, C, H, W) uint8 -> (N, channels, size, size) float32. MetricError for anything else."""
        expect_bytes(images)
        pixels = self._channels(images).float() / 255
        if pixels.shape[-2:] != (self.size, self.size):
            pixels = self._resized(pixels)
        return pixels * (self.high - self.low) + self.low

    def _channels(self, images: Tensor) -> Tensor:
        if images.shape[1] == self.channels:
            return images
        if images.shape[1] == 1:
            return images.expand(-1, self.channels, -1, -1)
        raise MetricError(f"images: expected {self.channels} channel, got {images.shape[1]}")

    def _resized(self, pixels: Tensor) -> Tensor:
        if self.resize == "none":
            raise MetricError(f"images: expected {self.size} x {self.size} pixels, got {pixels.shape[-2]} x {pixels.shape[-1]}")
        size = (self.size, self.size)
        made = F.interpolate(pixels, size, mode=self.resize, antialias=self.antialias, align_corners=False)
        return made.clamp(0, 1)  # bicubic overshoots


def expect_bytes(images: Tensor) -> None:
    """MetricError unless the images are uint8 (N, 1 or 3, H, W): a float image would be divided by 255 twice, or not at all."""
    if images.dtype != torch.uint8 or images.dim() != 4 or images.shape[1] not in (1, 3):
        raise MetricError(
            f"images: expected uint8 of shape (N, 1 or 3, H, W), got {images.dtype} {tuple(images.shape)}",
            hint="round to uint8 first: metrics take pixels, not whatever range a model puts out",
        )
