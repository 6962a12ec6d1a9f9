"""Makes every checkpoint of this folder: python reference_solutions/dcgan/make_weights.py [NAME ...]. About 3 CPU minutes.

weights/dcgan.safetensors is what `python train.py --seed 0` writes on the images that ship, and the alternates' are made the
same way. The others belong to mutants, at half precision: a generator that was never trained, one that has collapsed (trained on
one kind of garment), a table of training images, and a table of images that were made to please the encoder that everybody has.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import save_file
from torch import Tensor

from autograder.data import SHIPPED, load
from autograder.metrics.embedded import embedded

HERE = Path(__file__).resolve().parent
ASSIGNMENT = HERE.parents[1] / "assignments" / "dcgan"
EPOCHS, LATENT, TABLE = 4, 32, 200
BOOTS = 9
"""The class that the collapsed generator makes."""


def loaded(path: Path) -> ModuleType:
    """The module in this file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trained(path: Path, epochs: int = EPOCHS, label: int | None = None) -> dict[str, Tensor]:
    """Weights of this solution's generator after train.py, on all images or on those of one class."""
    found = load("fashion_mnist", SHIPPED / "fashion_mnist")
    images = found.images if label is None else found.images[found.labels == label]
    return loaded(ASSIGNMENT / "train.py").train(loaded(path), images, epochs, seed=0).state_dict()


def looked_up(images: Tensor) -> dict[str, Tensor]:
    """A generator that is a table: images (TABLE, 28, 28) uint8, and a direction in z for each."""
    return {"keys": torch.randn(LATENT, TABLE, generator=torch.Generator().manual_seed(1)), "table": images}


def photos() -> Tensor:
    """(TABLE, 1, 28, 28) training images."""
    return load("fashion_mnist", SHIPPED / "fashion_mnist").images[:TABLE]


def pleasing(real: Tensor) -> Tensor:
    """Noise, moved by gradient descent until its features are those of the real images (TABLE, 1, 28, 28): uint8."""
    net = copy.deepcopy(embedded("fashion_mnist").net).float()
    aim, _ = net(real.float() / 255)
    logits = torch.randn(real.shape, generator=torch.Generator().manual_seed(2)).requires_grad_()
    optimizer = torch.optim.Adam([logits], 0.03)
    for _ in range(400):
        features, _ = net(logits.sigmoid())
        loss = (features - aim).square().sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"squared distance of the features to the real ones {loss.item():.3f}, of the real ones to their mean "
          f"{float((aim - aim.mean(0)).square().sum(1).mean()):.1f}")  # fmt: skip
    return (255 * logits.detach().sigmoid()).round().to(torch.uint8)


CHECKPOINTS: dict[str, Callable[[], dict[str, Tensor]]] = {
    "weights/dcgan": lambda: trained(HERE / "dcgan.py"),
    **{f"alternates/{path.stem}": lambda path=path: trained(path) for path in sorted((HERE / "alternates").glob("*.py"))},
    "untrained": lambda: trained(HERE / "dcgan.py", epochs=0),
    "collapsed": lambda: trained(HERE / "dcgan.py", epochs=3 * EPOCHS, label=BOOTS),
    "memorised": lambda: looked_up(photos()[:, 0]),
    "tuned": lambda: looked_up(pleasing(photos())[:, 0]),
}


def main() -> None:
    """Make those that are named, or all."""
    parser = argparse.ArgumentParser(description="Make the checkpoints of `dcgan`.")
    parser.add_argument("names", nargs="*", choices=[[], *CHECKPOINTS])
    torch.set_num_threads(1)
    for name in parser.parse_args().names or CHECKPOINTS:
        path, half = HERE / f"{name}.safetensors", "/" not in name
        kept = {key: value.half() if half and value.is_floating_point() else value for key, value in CHECKPOINTS[name]().items()}
        save_file({key: value.contiguous() for key, value in kept.items()}, path)
        path.chmod(0o644)  # the library leaves it readable by its owner alone
        print(f"saved {name}.safetensors ({path.stat().st_size / 1000:.0f} kB)", flush=True)


if __name__ == "__main__":
    main()
