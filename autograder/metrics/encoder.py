"""An encoder: a trusted, frozen network, images -> features and logits. Its digest is part of every number made with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from autograder.errors import MetricError
from autograder.metrics.preprocess import Preprocess

BATCH = 500


class Frozen(nn.Module):
    """A network that stays in eval mode whoever calls train(): batch statistics would change the numbers, and the network."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Frozen:  # noqa: ARG002
        """Does nothing."""
        return self

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) float32 -> features (N, D), logits (N, K)."""
        features, logits = self.net(pixels)
        return features, logits


@dataclass(frozen=True)
class Encoder:
    """Images (N, C, H, W) uint8 -> features (N, D) and logits (N, K), float32."""

    name: str
    net: Frozen
    preprocess: Preprocess
    digest: str
    """SHA-256 over name, preprocessing and weights."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def features(self, images: Tensor) -> Tensor:
        """(N, D) on the CPU."""
        return self.both(images)[0]

    def logits(self, images: Tensor) -> Tensor:
        """(N, K) on the CPU."""
        return self.both(images)[1]

    def both(self, images: Tensor, batch: int = BATCH) -> tuple[Tensor, Tensor]:
        """Features and logits, in batches; the batch size does not change them."""
        if not len(images):
            raise MetricError("images: expected at least one, got none")
        found = [self._batch(part) for part in torch.split(images, batch)]
        return torch.cat([each[0] for each in found]), torch.cat([each[1] for each in found])

    def _batch(self, images: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            features, logits = self.net(self.preprocess(images).to(self.device))
            return features.float().cpu().clone(), logits.float().cpu().clone()


def digest_of(name: str, preprocess: Preprocess, weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over what decides an encoder's numbers."""
    found = hashlib.sha256(f"{name}\0{preprocess.name}\0".encode())
    for key in sorted(weights):
        tensor = weights[key].detach().cpu().contiguous()
        found.update(f"{key}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
        found.update(tensor.view(torch.uint8).numpy().tobytes() if tensor.dim() else str(tensor.item()).encode())
    return found.hexdigest()
