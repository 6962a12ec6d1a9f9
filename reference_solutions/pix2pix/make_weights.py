"""Makes every checkpoint of this folder: python reference_solutions/pix2pix/make_weights.py [NAME ...]. About 3 CPU minutes.

weights/pix2pix.safetensors is what `python train.py --seed 0` writes on the images that ship, and the alternates' are made the
same way. The others belong to mutants, at half precision: a generator that was never trained, one that was trained without the
L1 term for one epoch, and a table of training photos.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import save_file
from torch import Tensor

from autograder.data import SHIPPED, load

HERE = Path(__file__).resolve().parent
ASSIGNMENT = HERE.parents[1] / "assignments" / "pix2pix"
EPOCHS, TABLE = 3, 1000


def loaded(path: Path) -> ModuleType:
    """The module in this file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def images() -> Tensor:
    """(8000, 1, 28, 28) uint8."""
    return load("fashion_mnist", SHIPPED / "fashion_mnist").images


def trained(path: Path, epochs: int = EPOCHS, *, l1: bool = True) -> dict[str, Tensor]:
    """Weights of this solution's generator after train.py."""
    module = loaded(path)
    if not l1:
        whole = module.g_loss
        module.g_loss = lambda logits, fake, photo: whole(logits, fake, photo, 0.0)
    return loaded(ASSIGNMENT / "train.py").train(module, images(), epochs, seed=0).state_dict()


def looked_up() -> dict[str, Tensor]:
    """A generator that is a table of training photos."""
    return {"table": images()[:TABLE, 0], "unused": torch.zeros(1)}


CHECKPOINTS: dict[str, Callable[[], dict[str, Tensor]]] = {
    "untrained": lambda: trained(HERE / "pix2pix.py", epochs=0),
    "memorised": looked_up,
    "weights/pix2pix": lambda: trained(HERE / "pix2pix.py"),
    **{f"alternates/{path.stem}": lambda path=path: trained(path) for path in sorted((HERE / "alternates").glob("*.py"))},
    "trained_without_l1": lambda: trained(HERE / "pix2pix.py", epochs=1, l1=False),
}


def main() -> None:
    """Make those that are named, or all."""
    parser = argparse.ArgumentParser(description="Make the checkpoints of `pix2pix`.")
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
