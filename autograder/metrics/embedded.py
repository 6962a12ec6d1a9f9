"""The encoders that ship: small classifiers of 28 x 28 images, trained here, a few hundred kilobytes each.

Weights are kept in float32 and used in float64; features are rounded to float32 at the end. In float32 the last bits change
with the number of threads, the batch size and the processor; in float64 they change too, but the rounding takes that away.
SiLU and GELU in place of ReLU: every one of the 64 features varies, none is dead, so covariances are of full rank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from autograder.errors import DataError
from autograder.metrics.encoder import Encoder, Frozen, digest_of
from autograder.metrics.preprocess import Preprocess

WEIGHTS = Path(__file__).parent / "weights"
PIXELS = Preprocess(size=28, channels=1)
DIGESTS = {
    "fashion_mnist": "59d237fe0bfdcf90a3ac9ae8fdda518d6ce86adb2faaa9fe3ac9dbee5a89e6c0",
    "mnist": "70d8d40fa9fd6b9164d86ede7de97d148fd940cc929bc93ef7dc628b30ecf702",
}
"""Name -> Encoder.digest of the file that ships. Every threshold of the course was measured with these."""


class Classifier(nn.Module):
    """Pixels (N, 1, 28, 28) in [0, 1] -> features (N, 64), after the activation, and logits (N, 10) from them."""

    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(64, 10)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """In the precision of the weights."""
        features = self.body(pixels.to(self.head.weight.dtype))
        return features, self.head(features)


def strided() -> Classifier:
    """Three convolutions of stride 2: 28 -> 14 -> 7 -> 4 pixels. 84,970 parameters."""
    return Classifier(
        nn.Sequential(
            nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.GELU(),  # (N, 32, 14, 14)
            nn.Conv2d(32, 48, 3, stride=2, padding=1), nn.GELU(),  # (N, 48, 7, 7)
            nn.Conv2d(48, 48, 3, stride=2, padding=1), nn.GELU(),  # (N, 48, 4, 4)
            nn.Flatten(), nn.Linear(768, 64), nn.GELU(),
        )
    )  # fmt: skip


def pooled() -> Classifier:
    """5 x 5 and 3 x 3 convolutions of stride 1 with pooling between, another activation: the second opinion."""
    return Classifier(
        nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.SiLU(), nn.MaxPool2d(2),  # (N, 16, 14, 14)
            nn.Conv2d(16, 32, 3, padding=1), nn.SiLU(), nn.MaxPool2d(2),  # (N, 32, 7, 7)
            nn.Conv2d(32, 64, 3, padding=1), nn.SiLU(), nn.AvgPool2d(3, 2, 1),  # (N, 64, 4, 4)
            nn.Flatten(), nn.Linear(1024, 64), nn.SiLU(),
        )
    )  # fmt: skip


ARCHITECTURES: dict[str, Callable[[], Classifier]] = {
    "fashion_mnist": strided,
    "mnist": strided,
    "fashion_mnist_second": pooled,
}


@lru_cache(maxsize=4)
def embedded(name: str, device: str = "cpu") -> Encoder:
    """The encoder of a data set, as it ships; DataError when its file is missing or is not the one that was published."""
    if name not in DIGESTS:
        raise DataError(f"{name}: no encoder of this name ships: expected one of {', '.join(DIGESTS)}")
    path = WEIGHTS / f"{name}.safetensors"
    found = encoder_from(read_weights(path), name, device)
    expect_digest(path, found.digest, DIGESTS[name])
    return found


def encoder_from(weights: Mapping[str, Tensor], name: str, device: str = "cpu") -> Encoder:
    """The encoder `name` with the weights given, such as the hidden second one that only the judge has."""
    if name not in ARCHITECTURES:
        raise DataError(f"{name}: no such encoder: expected one of {', '.join(ARCHITECTURES)}")
    net = filled(ARCHITECTURES[name](), weights, name)
    return Encoder(name, Frozen(net.double().to(device)), PIXELS, digest_of(name, PIXELS, weights), torch.device(device))


def filled(net: nn.Module, weights: Mapping[str, Tensor], name: str) -> nn.Module:
    """The network with these weights; DataError when they are of another one."""
    want = {key: (tuple(value.shape), value.dtype) for key, value in net.state_dict().items()}
    got = {key: (tuple(value.shape), value.dtype) for key, value in weights.items()}
    if want != got:
        wrong = sorted(key for key in want.keys() | got.keys() if want.get(key) != got.get(key))
        key = wrong[0]
        raise DataError(f"encoder {name}: `{key}`: expected {want.get(key, 'nothing')}, got {got.get(key, 'nothing')}")
    net.load_state_dict(dict(weights))
    return net


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file; DataError names the file."""
    if not path.is_file():
        raise DataError(f"{path}: missing: an encoder's weights were expected there", hint="install the autograder again")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: not a safetensors file: {error}", hint="install the autograder again") from error


def expect_digest(path: Path, got: str, want: str) -> None:
    """DataError unless the file is the published one: a number made with another encoder compares with nothing."""
    if got != want:
        raise DataError(f"{path}: damaged or changed: expected digest {want[:12]}, got {got[:12]}", hint="install it again")
