"""The full profile: Inception-v3 of the FID papers, from the cache that a site provides; CLIP is in `clip`.

Nothing is downloaded here: a file that is missing is a DataError that names it, the places looked at and the command that
fetches it. torch-fidelity is imported when it is asked for, and not before.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from autograder.errors import DataError
from autograder.metrics.encoder import Encoder, Frozen, digest_of
from autograder.metrics.preprocess import Preprocess, expect_bytes

PART = 50
"""Images at a time: 500 of 299 x 299 would take several gigabytes."""
INCEPTION_FILES = ("weights-inception-2015-12-05-6726825d.pth", "pt_inception-2015-12-05-6726825d.pth")
"""What torch-fidelity and torchmetrics, and pytorch-fid, call one and the same file."""
INCEPTION_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
"""It is a pickle, and torch-fidelity opens it as one: only these bytes are let through."""
INCEPTION_COMMAND = (
    "python -c \"from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3 as I; I('', ['2048'])\""
)


@dataclass(frozen=True, slots=True)
class Untouched(Preprocess):
    """uint8 in colour, as it is: the network, or its own processor, resizes. `words` name what it does."""

    words: str = ""

    @property
    def name(self) -> str:
        """Such as `3x299x299 [-1,0.992188] bilinear tensorflow1`."""
        return f"{self.channels}x{self.size}x{self.size} {self.words}"

    def __call__(self, images: Tensor) -> Tensor:
        """(N, 1 or 3, H, W) uint8 -> (N, 3, H, W) uint8. MetricError for anything else."""
        expect_bytes(images)
        return images.expand(-1, 3, -1, -1)


TENSORFLOW = Untouched(299, 3, words="[-1,0.992188] bilinear tensorflow1")
"""(x - 128) / 128 after the resize of TensorFlow 1, without antialiasing: the way of the published FID values."""


class Inception(nn.Module):
    """torch-fidelity's Inception-v3: (N, 3, H, W) uint8 -> 2048 pooled features, 1008 logits without bias."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """In parts."""
        found = [self.extractor(part) for part in torch.split(images, PART)]
        return torch.cat([each[0] for each in found]), torch.cat([each[1] for each in found])


def inception(weights: Path | None = None, device: str = "cpu", *, sha256: str = INCEPTION_SHA256) -> Encoder:
    """Inception-v3 from `weights` or the torch hub's folder. A path that is given is used or is an error."""
    path = inception_file(weights)
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != sha256:
        raise DataError(
            f"{path}: not the published Inception weights: expected SHA-256 {sha256[:12]}, got {got[:12]}",
            hint=f"delete it and fetch it again: {INCEPTION_COMMAND}",
        )
    module = library("torch_fidelity.feature_extractor_inceptionv3")
    net = module.FeatureExtractorInceptionV3("inception", ["2048", "logits_unbiased"], str(path))
    return Encoder(
        "inception_v3", Frozen(Inception(net).to(device)), TENSORFLOW,
        digest_of("inception_v3", TENSORFLOW, net.state_dict()), torch.device(device),
    )  # fmt: skip


def inception_file(weights: Path | None = None) -> Path:
    """Where the file is; DataError names the places looked at."""
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    places = [cache / name for name in INCEPTION_FILES] if weights is None else [weights]
    for place in places:
        if place.is_file():
            return place
    raise DataError(
        f"inception_v3: missing {places[0].name}: looked for {', '.join(map(str, places))}",
        hint=f"with a network: {INCEPTION_COMMAND}; or name the file's path",
    )


def library(name: str) -> Any:
    """A module that only the full profile needs."""
    try:
        return import_module(name)
    except ImportError as error:
        raise DataError(f"full profile: {name} is not installed: {error}", hint="pip install 'autograder[course]'") from error
